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

  const alert = (text) => show("alerts", text, 0);

  // Says a thing that went well; it goes away by itself.
  const notice = (text) => show("notices", text, 6);

  const isTyping = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

  // Whether a key belongs to an input method. In Safari, the Enter that takes its text comes after
  // the end of the composition, with the code 229.
  const isComposing = (event) => event.isComposing || event.keyCode === 229;

  const keys = new Map();
  // Calls a function for a key, such as "j" or "Enter", unless the person types in a field or a
  // dialog is open. It returns false to leave the key to the browser.
  function onKey(key, act) {
    keys.set(key, act);
  }

  const dialog = document.getElementById("keys");
  const showKeys = () => (dialog.open ? dialog.close() : dialog.showModal());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isComposing(event)) return;
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

  // A request that stores nothing is "not loaded": each GET, and a POST whose element says so. All
  // others are "not saved".
  const saves = ({ verb, elt }) => verb !== "get" && !("savesNothing" in elt.dataset);

  // The request whose failure is shown. A failed save is not hidden by requests that store nothing:
  // it is shown until its own element saves or leaves the page.
  let failed = null;
  function fail(event, saveText, loadText) {
    const request = event.detail.requestConfig;
    if (failed?.elt.isConnected && saves(failed) && !saves(request)) return;
    failed = request;
    alert(saves(request) ? saveText : loadText);
  }
  function clearFailure() {
    failed = null;
    document.getElementById("alerts").replaceChildren();
  }

  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    const expired = status === 401 && t("shell.js.expired");
    fail(
      event,
      expired || t("shell.js.failed", { status }),
      expired || t("shell.js.not_loaded"),
    );
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) =>
      fail(event, t("shell.js.offline"), t("shell.js.not_loaded")),
    );
  }
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && failed?.elt === detail.requestConfig.elt) clearFailure();
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (failed && !failed.elt.isConnected) clearFailure();
  });

  return { t, notice, alert, clearFailure, onKey, isTyping, isComposing };
})();
