"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

  // Sort: a button in each heading of a table marked data-sort. Numbers by size, text by sound.
  const compare = new Intl.Collator("zh-CN", { numeric: true }).compare;
  const cell = (row, column) => (row.cells[column].dataset.value ?? row.cells[column].textContent).trim();
  const value = (text) => (text === "" || text === "—" ? NaN : Number(text.replace("−", "-").replace(/,/g, "")));
  const sorter = (table, head, column) => () => {
    const up = head.getAttribute("aria-sort") === "descending" ||
      (!head.hasAttribute("aria-sort") && !(head.classList.contains("n") && column > 0));
    all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    const order = (a, b) => {
      const [s, t] = [cell(a, column), cell(b, column)];
      const [x, y] = [value(s), value(t)];
      if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
      const by = Number.isNaN(x) ? compare(s, t) : x - y;
      return up ? by : -by;
    };
    body.append(...[...body.rows].sort(order));
  };
  all("table[data-sort]").forEach((table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", sorter(table, head, column));
      head.append(button);
    });
  });

  // Search: units, and the rows within them; a unit whose own name matches is shown whole.
  const tools = document.querySelector(".tools");
  const input = document.getElementById("find");
  const status = document.getElementById("found");
  const quiet = status.textContent;
  const lines = ".clauses tbody tr:not(.section), .claims tbody tr, .findings li, .names tbody tr";
  let index = null;
  const build = () => all("#units > details").map((box) => ({
    box,
    notes: box.querySelector(".notes"),
    name: box.matches(".unit") ? fold(box.querySelector(".name").textContent) : "",
    rows: all(lines, box).map((row) => ({ row, text: fold(row.textContent), note: row.closest(".notes") })),
  }));
  const search = () => {
    const wanted = fold(input.value);
    index = index || build();
    let units = 0;
    let hits = 0;
    index.forEach(({ box, notes, name, rows }) => {
      const whole = !wanted || name.includes(wanted);
      let inside = 0;
      let noted = 0;
      rows.forEach(({ row, text, note }) => {
        const hit = whole || text.includes(wanted);
        if (row.hidden === hit) row.hidden = !hit;
        if (hit) inside += 1;
        if (hit && note) noted += 1;
      });
      box.hidden = !whole && !inside;
      if (notes) {
        notes.hidden = !noted;
        notes.open = !whole && noted > 0;
      }
      if (!wanted) return;
      box.open = !whole && inside > 0;
      if (!box.hidden) {
        const listed = box.matches(".rest");
        units += listed ? inside : 1;
        hits += whole || listed ? 0 : inside;
      }
    });
    if (!wanted) index.forEach(({ box }) => { box.open = false; });
    status.textContent = !wanted ? quiet
      : units ? `找到 ${units} 家单位${hits ? `，${hits} 行相符` : ""}。` : "没有找到，请换一个词。";
  };
  let timer = 0;
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 120); });
  all("button[data-open]", tools).forEach((button) => {
    button.addEventListener("click", () => {
      all("#units details.unit").forEach((box) => { box.open = Boolean(button.dataset.open); });
    });
  });
  tools.hidden = false;

  // A link to a unit opens it.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const box = target && target.closest("details");
    if (box) { box.hidden = false; box.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
