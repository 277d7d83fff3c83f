// The functions that all parts share: texts, notices, keys, and the words for failed requests.
"use strict";

window.review = (() => {
  const texts = JSON.parse(document.getElementById("texts").textContent);

  // Gives a text whose key has ".js." in it, with its values in their places.
  function t(key, values = {}) {
    if (!(key in texts)) throw new Error(`no text ${key}`);
    return texts[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  function show(place, text, seconds) {
    const line = document.createElement("p");
    line.textContent = text;
    document.getElementById(place).replaceChildren(line);
    if (seconds) setTimeout(() => line.remove(), seconds * 1000);
  }

  // Says a thing that went well; it goes away by itself.
  const notice = (text) => show("notices", text, 6);
  // Says a thing that failed; it stays until the next request succeeds.
  const alert = (text) => show("alerts", text, 0);
  const clearAlert = () => document.getElementById("alerts").replaceChildren();

  const isTyping = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

  const keys = new Map();
  // Calls a function for a key, such as "j" or "Enter", unless the person types in a field or a
  // dialog is open. It returns false to leave the key to the browser.
  function onKey(key, act) {
    keys.set(key, act);
  }

  const dialog = document.getElementById("keys");
  const showKeys = () => (dialog.open ? dialog.close() : dialog.showModal());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
    if (isTyping(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      showKeys();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    const act = keys.get(event.key);
    if (act && act(event) !== false) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) showKeys();
  });

  // A request that changes nothing is "not loaded"; all others are "not saved".
  const changes = (event) => (event.detail.requestConfig?.verb ?? "get") !== "get";
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status === 401) alert(t("shell.js.expired"));
    else alert(changes(event) ? t("shell.js.failed", { status }) : t("shell.js.not_loaded"));
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) =>
      alert(changes(event) ? t("shell.js.offline") : t("shell.js.not_loaded")),
    );
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) clearAlert();
  });

  return { t, notice, alert, clearAlert, onKey, isTyping };
})();
