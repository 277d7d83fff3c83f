// Uploads: three at a time, each with its progress; then the outcome of each, until it is final.
"use strict";

(() => {
  const { t, notice, alert, clearFailure, onKey } = window.review;
  const AT_ONCE = 3;
  const FIRST_BYTES = 4096; // by them, the server tells the kind of a file
  const ASKED_AT_ONCE = 20; // keys, so that the URL stays short
  const PAUSE = 1500; // ms between two questions for outcomes
  const EXPIRED = 401; // the server was started again, and knows nobody yet
  let isExpired = false;
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  async function outcomes(keys) {
    const query = new URLSearchParams(keys.map((key) => ["key", key]));
    const answer = await fetch(`/uploads/outcomes?${query}`);
    if (answer.status === EXPIRED) {
      if (!isExpired) alert(t("shell.js.expired"));
      isExpired = true;
    }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    if (isExpired) clearFailure();
    isExpired = false;
    return answer.json();
  }

  // --- The page of a failure ---------------------------------------------------------------------

  function watchPicture() {
    const image = document.querySelector("[data-picture]");
    if (!image) return;
    const giveUp = () => {
      image.hidden = true;
      document.querySelector("[data-no-picture]").hidden = false;
    };
    if (image.complete && !image.naturalWidth) giveUp();
    image.addEventListener("error", giveUp);
  }
  const keys = { j: 'a[rel="next"]', k: 'a[rel="prev"]', r: "[data-retry]", e: "[data-by-hand]" };
  for (const [key, selector] of Object.entries(keys)) {
    onKey(key, () => {
      const found = document.querySelector(selector);
      if (!found) return false;
      found.click();
    });
  }
  async function waitForOutcome() {
    for (;;) {
      const waiting = document.querySelector("[data-waiting]");
      if (!waiting) return;
      try {
        const [found] = await outcomes([waiting.dataset.waiting]);
        if (found && found.status !== "pending") return location.reload();
      } catch {
        // The server may be restarting; the next question tells.
      }
      await pause(PAUSE);
    }
  }
  const showFailure = () => {
    watchPicture();
    waitForOutcome();
  };
  if (document.getElementById("failure")) {
    showFailure();
    document.addEventListener("htmx:afterSwap", showFailure);
  }

  // --- Uploads -----------------------------------------------------------------------------------

  const form = document.getElementById("uploads");
  if (!form) return;
  const drop = document.getElementById("drop");
  const summary = document.getElementById("summary");
  const allAgain = document.getElementById("all-again");
  const items = [];
  const count = (...states) => items.filter((item) => states.includes(item.state)).length;

  function size(bytes) {
    return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
  }

  function show(item) {
    item.row.querySelector(".state").textContent = t(`files.js.${item.state}`);
    item.bar.hidden = item.state !== "sending";
    item.again.hidden = item.state !== "unsent";
    allAgain.hidden = !count("unsent");
    summary.textContent = t("files.js.summary", {
      all: items.length,
      sent: count("pending", "recognized", "failed", "gone"),
      read: count("recognized"),
      failed: count("failed", "gone"),
      unsent: count("unsent"),
    });
  }

  function say(item, ...texts) {
    const lines = texts.filter(Boolean).map((text) => {
      const line = document.createElement("p");
      line.textContent = text;
      return line;
    });
    if (lines.length) lines[0].className = "bad";
    item.outcome.replaceChildren(...lines);
  }

  function add(files) {
    for (const file of files) {
      const row = document.getElementById("row").content.firstElementChild.cloneNode(true);
      const item = {
        file,
        row,
        folder: form.elements.folder.value,
        state: "waiting",
        asked: 0, // times
        bar: row.querySelector("progress"),
        again: row.querySelector(".again"),
        outcome: row.querySelector(".outcome"),
      };
      row.querySelector(".name").textContent = file.name;
      row.querySelector(".size").textContent = size(file.size);
      if (file.sent) Object.assign(item, file.sent, { state: "pending" });
      item.bar.setAttribute("aria-label", t("files.js.progress", { name: file.name }));
      item.again.setAttribute("aria-label", t("files.js.again", { name: file.name }));
      item.again.addEventListener("click", () => {
        row.focus();
        sendAgain(item);
      });
      items.push(item);
      document.getElementById("rows").append(row);
      show(item);
    }
    if (!items.length) return;
    document.getElementById("sent").hidden = false;
    sendNext();
  }

  // A person who follows a link of the table comes back to it.
  const KEPT = "uploads";
  function keep() {
    const sent = items.filter((item) => item.key);
    const rows = sent.map(({ file, key, said }) => ({
      name: file.name,
      size: file.size,
      sent: { key, said },
    }));
    sessionStorage.setItem(KEPT, JSON.stringify(rows));
  }

  function sendAgain(item) {
    item.state = "waiting";
    item.outcome.replaceChildren();
    show(item);
    sendNext();
  }

  function sendNext() {
    while (count("sending") < AT_ONCE) {
      const next = items.find((item) => item.state === "waiting");
      if (!next) return;
      next.state = "sending";
      show(next);
      send(next).then(() => {
        show(next);
        sendNext();
      });
    }
  }

  async function send(item) {
    try {
      await check(item);
      const sent = await put(item);
      item.key = sent.key;
      item.said = sent.html;
      item.outcome.innerHTML = sent.html; // by a template of the server, which escapes
      item.state = "pending";
      keep();
      follow();
    } catch (error) {
      item.state = "unsent";
      item.isRefused = Boolean(error.texts) && !error.isOpen; // to send it again would not help
      say(item, ...(error.texts ?? [t("files.js.offline"), t("files.js.offline_hint")]));
    }
  }

  const refusal = (...texts) => Object.assign(new Error(), { texts });

  // An answer without words of the server, such as that of a proxy, may mean anything.
  const wordless = (status, text) =>
    Object.assign(new Error(), {
      texts: [status === EXPIRED ? t("shell.js.expired") : text],
      isOpen: true,
    });

  // Asks before all of the file is sent.
  async function check(item) {
    const query = new URLSearchParams({ folder: item.folder, size: item.file.size });
    const body = item.file.slice(0, FIRST_BYTES);
    let bytes;
    try {
      bytes = await body.arrayBuffer();
    } catch {
      throw refusal(t("files.js.unreadable"), t("files.js.unreadable_hint"));
    }
    const answer = await fetch(`/uploads/check?${query}`, { method: "POST", body: bytes });
    if (answer.ok) return;
    const { message, hint } = await answer.json().catch(() => ({}));
    const { status } = answer;
    throw message ? refusal(message, hint) : wordless(status, t("shell.js.failed", { status }));
  }

  function put(item) {
    const query = new URLSearchParams({ folder: item.folder });
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("PUT", `/uploads/${encodeURIComponent(item.file.name)}?${query}`);
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) item.bar.value = (100 * event.loaded) / event.total;
      });
      request.addEventListener("load", () => {
        const { status, response } = request;
        if (status === 201) resolve(response);
        else if (response?.message) reject(refusal(response.message, response.hint));
        else reject(wordless(status, t("files.js.unknown", { status })));
      });
      for (const name of ["error", "abort", "timeout"]) {
        request.addEventListener(name, () => reject(new Error()));
      }
      request.send(item.file);
    });
  }

  let isFollowing = false;
  async function follow() {
    if (isFollowing) return;
    isFollowing = true;
    for (;;) {
      const pending = items.filter((item) => item.state === "pending");
      if (!pending.length) break;
      // In turns, so that one that stays pending keeps no other one waiting.
      const open = pending.sort((one, other) => one.asked - other.asked).slice(0, ASKED_AT_ONCE);
      for (const item of open) item.asked += 1;
      try {
        const found = await outcomes(open.map((item) => item.key));
        for (const each of found) {
          for (const item of open.filter((item) => item.key === each.key)) {
            item.state = each.status;
            item.outcome.innerHTML = item.said + each.html; // as above
            show(item);
          }
        }
      } catch {
        // The server may be restarting; the next question tells.
      }
      await pause(PAUSE);
    }
    isFollowing = false;
    if (!count("waiting", "sending", "pending")) notice(t("files.js.all_done"));
  }

  for (const id of ["choose", "camera"]) {
    const input = document.getElementById(id);
    input.addEventListener("change", () => {
      add([...input.files]);
      input.value = "";
    });
  }
  add(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  if (items.length) follow();
  form.addEventListener("submit", (event) => event.preventDefault());
  allAgain.addEventListener("click", () => {
    document.getElementById("sent").focus();
    for (const item of items) if (item.state === "unsent") sendAgain(item);
  });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.remove("is-over");
    add([...event.dataTransfer.files]);
  });
  window.addEventListener("beforeunload", (event) => {
    const isUnsent = (item) => item.state === "unsent" && !item.isRefused;
    if (count("waiting", "sending") || items.some(isUnsent)) event.preventDefault();
  });
})();
