// One invoice: keys, typed digits, going on through the queue, and the next image in advance.
"use strict";

(() => {
  const LAST = "review.last"; // the URL of the invoice that was saved last
  let run = null; // digits that are being typed: { input, digits, before }
  const ahead = new Map(); // images of the next invoice, by URL; kept so that the browser keeps them

  const form = () => document.getElementById("correction");
  const find = (selector) => document.querySelector(`#invoice ${selector}`);

  // ---- Digits ----

  const status = () => document.getElementById("digits");

  function dropRun() {
    if (!run) return;
    const { input, before } = run;
    endRun();
    change(input, before);
    input.blur();
  }

  function endRun() {
    run = null;
    status().textContent = "";
    status().className = "digits";
  }

  function change(input, text) {
    if (input.value === text) return;
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function typeDigit(digit) {
    if (!form()) return false;
    if (!run) {
      const input = form().elements[form().dataset.target];
      run = { input, digits: "", before: input.value };
    }
    run.digits += digit;
    showRun();
    return true;
  }

  function showRun() {
    const { input, digits, before } = run;
    const found = review.digits.fit(input.name, before, digits);
    input.focus();
    change(input, found.text ?? before);
    if (found.kind === "one") input.setSelectionRange(found.at, found.at + digits.length);
    else input.setSelectionRange(input.value.length, input.value.length);
    run.isSure = found.text !== undefined;
    status().textContent = review.t(`invoice.js.${found.kind}`, {
      label: input.labels[0].textContent,
      run: digits,
      text: found.text,
      from: found.at + 1,
      to: found.at + digits.length,
    });
    status().className = `digits ${run.isSure ? "good" : "doubtful"}`;
  }

  // Digits that follow each other in a field belong together; any other key edits the field. Some
  // codes have letters.
  function typeInRun(event) {
    if (!run || event.target !== run.input) return false;
    const { name } = run.input;
    if (/^[0-9.]$/.test(event.key)) {
      if (event.key !== "." || name === "amount") run.digits += event.key;
    } else if (name === "code" && /^[A-Za-z]$/.test(event.key)) {
      run.digits += event.key.toUpperCase();
    } else if (event.key === "Backspace") {
      run.digits = run.digits.slice(0, -1);
    } else if (event.key === "Escape") {
      dropRun();
      return true;
    } else {
      if (event.key !== "Enter" && !/^(Shift|Tab|Process|Unidentified)$/.test(event.key)) endRun();
      return false;
    }
    if (run.digits) showRun();
    else dropRun();
    return true;
  }

  // Lets digits go into another field: the next one that is doubtful, or else the next one.
  function nextTarget() {
    const chosen = form();
    if (!chosen) return false;
    const names = ["code", "number", "amount"];
    const at = names.indexOf(chosen.dataset.target);
    const others = [...names.slice(at + 1), ...names.slice(0, at)];
    const field = (name) => chosen.elements[name].closest(".field");
    const next = others.find((name) => field(name).matches(".is-doubtful")) ?? others[0];
    field(chosen.dataset.target).classList.remove("is-target");
    field(next).classList.add("is-target");
    chosen.dataset.target = next;
    endRun();
    status().textContent = review.t("invoice.js.target", {
      label: chosen.elements[next].labels[0].textContent,
    });
    return true;
  }

  // ---- Actions ----

  // A second press of the same key takes the choice back: to the verdict that holds.
  function choose(action) {
    const chosen = form();
    if (!chosen) return false;
    setAction(chosen.dataset.action === action ? chosen.dataset.present : action);
    return true;
  }

  function setAction(next) {
    const chosen = form();
    chosen.dataset.action = next;
    chosen.elements.action.value = next;
    for (const button of chosen.querySelectorAll("button[data-action]")) {
      button.setAttribute("aria-pressed", String(button.dataset.action === next));
    }
    if (next === "duplicate" && next !== chosen.dataset.present) {
      chosen.elements.duplicate_of.focus();
      chosen.elements.duplicate_of.select();
    }
    showKept();
  }

  const areTextsChanged = () =>
    [...form().querySelectorAll("input[data-saved]")].some(
      (each) => each.value !== each.dataset.saved,
    );

  // Enter keeps the verdict that holds, unless the person changed something.
  function showKept() {
    const { decided, present, action } = form().dataset;
    const isKept = decided !== undefined && action === present && !isUnsaved();
    form().toggleAttribute("data-keeps", isKept);
  }

  // Other texts make an invoice of one that was excluded.
  function typed(event) {
    if (run && event.isTrusted && event.target === run.input) endRun(); // as by a paste
    if (!form()?.contains(event.target)) return;
    const { action, present } = form().dataset;
    if (event.target.matches("[data-saved]") && [present, "save"].includes(action)) {
      setAction(areTextsChanged() ? "save" : present);
    }
    showKept();
  }

  // The message about another person's decision has the buttons that decide.
  const choices = () => find(".message:has([data-command])");

  function send(command = "", button = null) {
    const sent = form();
    if (!sent) return false;
    if (isSaving()) return true; // its answer tells which command it was
    // No key out of habit, and no other button, overwrites or undoes another person's decision.
    if (choices() && !button?.closest(".message")) {
      choices().focus();
      return true;
    }
    sent.elements.command.value = command;
    window.htmx.process(sent); // it may not have seen a form that is quite new
    sent.requestSubmit(sent.querySelector("[data-submit]"));
    return true;
  }

  function save(event) {
    if (event.target instanceof Element && event.target.closest("button, a, summary")) return false;
    return send();
  }

  // Right after a save, the page shows the next invoice: the one that was saved is meant.
  let isAfterSave = false;

  function undo() {
    if (isSaving()) return true;
    const last = sessionStorage.getItem(LAST);
    const isElsewhere = last && last !== location.pathname + location.search;
    const button = find('[data-command="undo"]');
    const hasUndo = choices() || (button && !button.disabled);
    if (hasUndo && !(isAfterSave && isElsewhere)) return send("undo");
    if (isElsewhere) location.assign(last);
    return true;
  }

  // ---- Nothing is dropped in silence ----

  let isDone = false; // the input is saved, or given up on purpose

  function isUnsaved() {
    const open = form();
    if (!open || isDone) return false;
    const first = open.elements.duplicate_of;
    const isFirstChanged =
      open.dataset.action === "duplicate" && first.value !== first.dataset.present;
    return areTextsChanged() || isFirstChanged || open.elements.reason.value !== "";
  }

  // Until a save has its answer, the page stays: it would not tell of a failure elsewhere.
  const isSaving = () => !isDone && Boolean(form()?.matches(".htmx-request"));
  let whenSaved = null;

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.elt.matches("#invoice nav a")) return;
    if (isSaving()) event.preventDefault();
    else if (isUnsaved() && !window.confirm(review.t("invoice.js.drop"))) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig.elt.id !== "correction") return;
    const next = whenSaved;
    whenSaved = null;
    if (detail.successful) next?.();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved() || isSaving()) event.preventDefault();
  });

  // Back and forward of the browser: the URL stays that of the form.
  let shownUrl = location.href;
  window.addEventListener(
    "popstate",
    (event) => {
      if (!isUnsaved() && !isSaving()) return;
      if (!isSaving() && window.confirm(review.t("invoice.js.drop"))) {
        isDone = true;
        return;
      }
      event.stopImmediatePropagation();
      history.pushState({ htmx: true }, "", shownUrl);
    },
    { capture: true },
  );

  const follow = (selector) => {
    find(selector)?.click();
    return true;
  };

  // ---- The next image ----

  async function loadAhead() {
    const link = find('a[rel="next"][hx-get]');
    if (!link) return;
    try {
      const answer = await fetch(link.href, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const source = page.querySelector("[data-picture]")?.getAttribute("src");
      if (!source || ahead.has(source)) return;
      const image = new Image();
      image.src = source;
      ahead.clear();
      ahead.set(source, image);
      await image.decode();
      document.documentElement.dataset.ahead = source;
    } catch {
      // The next page loads it then.
    }
  }

  // ---- Each invoice ----

  function keepLanguageLinks() {
    for (const link of document.querySelectorAll(".languages a")) {
      const url = new URL(location.href);
      url.searchParams.set("language", link.lang);
      link.href = url.pathname + url.search;
    }
  }

  function begin() {
    run = null;
    isDone = false;
    isAfterSave = false;
    shownUrl = location.href;
    review.picture.show(find("#decision")?.dataset.image);
    keepLanguageLinks();
    if (find("[data-result]")) find(".message")?.focus();
    else document.getElementById("content").focus({ preventScroll: true });
    loadAhead();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || review.isComposing(event)) return;
    // A key that is held decides nothing more: nobody has seen the next invoice.
    const isDecision = /^[ndu]$/.test(event.key) && !review.isTyping(event.target);
    if (event.repeat && (event.key === "Enter" || isDecision)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (typeInRun(event)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const isField = review.isTyping(event.target) && event.target.form === form();
    if (event.key === "Enter" && isField) {
      event.preventDefault();
      if (!run || run.isSure) send();
    }
  }, { capture: true });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest(".choices a")) isDone = true;
    const button = event.target.closest("#invoice button");
    if (!button) return;
    const { tool, action, command } = button.dataset;
    // The second click of a double click may meet the next invoice.
    if (event.detail > 1 && (command !== undefined || "save" in button.dataset)) return;
    if (tool) review.picture.use(tool);
    else if (action) choose(action);
    else if (command !== undefined) send(command, button);
    else if ("save" in button.dataset) send();
    // After a click, Enter means "save" again; a person with a keyboard stays at the button.
    if (event.detail) button.blur();
  });
  document.addEventListener("input", typed);
  // htmx sends the form; a browser that sent it by itself would leave the page with the input.
  document.addEventListener("submit", (event) => {
    if (event.target === form()) event.preventDefault();
  });
  document.addEventListener("pointerdown", (event) => {
    if (run && event.target === run.input) endRun();
  });

  for (const digit of "0123456789") review.onKey(digit, () => typeDigit(digit));
  review.onKey("Enter", save);
  review.onKey("j", () => follow('a[rel="next"]'));
  review.onKey("k", () => follow('a[rel="prev"]'));
  review.onKey("n", () => choose("not_an_invoice"));
  review.onKey("d", () => choose("duplicate"));
  review.onKey("u", undo);
  review.onKey("t", nextTarget);
  review.onKey("r", () => review.picture.use("turn") ?? true);
  review.onKey("f", () => review.picture.use("fit") ?? true);
  for (const key of ["+", "="]) review.onKey(key, () => review.picture.use("in") ?? true);
  review.onKey("-", () => review.picture.use("out") ?? true);
  review.onKey("q", () => {
    const leave = () => document.querySelector(".bar nav a")?.click();
    if (isSaving()) whenSaved = leave;
    else leave();
    return true;
  });
  review.onKey("Escape", () => {
    const chosen = form();
    if (chosen && chosen.dataset.action !== chosen.dataset.present) setAction(chosen.dataset.present);
    return true;
  });

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (requestConfig.elt.id !== "correction" || xhr.status !== 200) return;
    isDone = true;
    const sent = form();
    const isUndone = sent.elements.command.value === "undo";
    const isKept = !sent.elements.command.value && sent.matches("[data-keeps]");
    if (isUndone || isKept) sessionStorage.removeItem(LAST);
    else sessionStorage.setItem(LAST, location.pathname + location.search);
    if (!isKept) review.notice(isUndone ? sent.dataset.undone : sent.dataset.saved);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const { target, requestConfig, xhr } = event.detail;
    if (target?.id !== "invoice" && target?.id !== "decision") return;
    begin();
    isAfterSave = requestConfig?.elt.id === "correction" && xhr.status === 200;
  });
  window.addEventListener("pageshow", begin);
})();
