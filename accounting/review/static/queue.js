// The keys of the queue, its filters, and the chart of the totals per month.
"use strict";

(() => {
  const { t, onKey } = window.review;
  const KEPT = "queue.row";
  const rows = () => [...document.querySelectorAll("#rows > .row")];
  const current = () => document.querySelector("#rows > .row.current");

  function choose(row, focus = true) {
    current()?.classList.remove("current");
    if (!row) return;
    row.classList.add("current");
    sessionStorage.setItem(KEPT, row.dataset.row);
    if (focus) row.querySelector(".open").focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = rows();
    const at = all.indexOf(current());
    choose(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  onKey("j", () => step(1));
  onKey("k", () => step(-1));
  onKey("Enter", (event) => {
    if (event.target.closest("a, button, summary")) return false;
    (current() ?? rows()[0])?.querySelector(".open").click();
  });
  onKey("/", () => document.getElementById("search").select());
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.(".row");
    if (row && row !== current()) choose(row, false);
  });
  // The row that a person comes back from.
  const kept = rows().find((row) => row.dataset.row === sessionStorage.getItem(KEPT));
  if (kept) choose(kept);

  // Escape hides the explanation of a risk, which otherwise stays while the pointer is there.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.body.classList.add("why-hidden");
  });
  for (const name of ["pointerout", "focusout"]) {
    document.addEventListener(name, () => document.body.classList.remove("why-hidden"));
  }

  for (const select of document.querySelectorAll(".filters select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  // Empty filters do not belong into the URL.
  document.querySelector(".filters").addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });

  const months = document.getElementById("months");
  if (!months) return;
  const lines = [...months.querySelectorAll("tbody tr")];
  let chart = null;
  function draw() {
    const place = document.getElementById("chart");
    const style = getComputedStyle(document.documentElement);
    const [text, line, accent] = ["--text", "--line", "--accent"].map((name) => style.getPropertyValue(name));
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const names = lines.map((each) => each.dataset.month);
    chart?.destroy();
    chart = new uPlot(
      {
        width: place.clientWidth,
        height: 200,
        title: t("queue.js.chart"),
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        scales: { x: { time: false, range: [-0.6, names.length - 0.4] }, y: { range: (_, least, most) => [0, most * 1.1 || 1] } },
        axes: [
          { ...axis, incrs: [1, 2, 3, 6, 12, 24, 60], values: (_, at) => at.map((each) => names[each] ?? "") },
          { ...axis, size: 80, values: (_, at) => at.map((each) => each.toLocaleString()) },
        ],
        series: [{}, { fill: accent, stroke: accent, paths: uPlot.paths.bars({ size: [0.7, 60] }), points: { show: false } }],
      },
      [lines.map((_, at) => at), lines.map((each) => Number(each.dataset.amount))],
      place,
    );
    chart.over.addEventListener("click", () => lines[chart.cursor.idx]?.querySelector("a").click());
  }
  months.addEventListener("toggle", () => months.open && draw());
  window.addEventListener("resize", () => months.open && draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => months.open && draw());
})();
