// Beside the desk: the candidates, whose forms the desk sends, and the item that an editor writes, kept until it is in the issue.
"use strict";
(() => {
  if (!window.deskTools) return;
  const { ask, focus } = window.deskTools, { OWN, make, store } = window.deskKeep;
  const desk = document.getElementById("desk"), pool = document.getElementById("pool"), opener = document.getElementById("open-pool");

  // ---- candidates
  async function show(url) {
    const answer = await ask(url);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const close = make("button", { type: "button", className: "plain", textContent: "关闭", onclick: () => open(false) });
    pool.replaceChildren(close, ...document.adoptNode(page.getElementById("main")).childNodes);
    pool.scrollTop = 0;
    pool.querySelector("input[name=q]").focus();
  }
  function open(yes) {
    pool.hidden = !yes;
    desk.classList.toggle("beside", yes);
    opener.setAttribute("aria-expanded", yes);
    if (yes) show(opener.href); else opener.focus();
  }
  opener.addEventListener("click", (e) => { if (!e.ctrlKey && !e.metaKey) { e.preventDefault(); open(pool.hidden); } });
  addEventListener("keydown", (e) => { if (e.key === "Escape" && !pool.hidden && pool.contains(e.target)) open(false); });
  pool.addEventListener("click", (e) => {
    const link = e.target.closest("a");
    if (!link || link.target) return;
    e.preventDefault();
    if (link.pathname === new URL(opener.href).pathname) show(link.href); else if (link.pathname === location.pathname) open(false); else window.open(link.href, "_blank", "noopener");
  });
  pool.addEventListener("submit", (e) => {
    if (e.target.method !== "get") return;
    e.preventDefault();
    show(opener.href + "?" + new URLSearchParams(new FormData(e.target)));
  });
  pool.addEventListener("answered", (e) => {
    if (!e.detail) return;
    const column = e.target.elements.column.value, forms = [...pool.querySelectorAll("td form")], next = forms[forms.indexOf(e.target) + 1];
    if (next && !e.target.elements.url) next.querySelector("button").focus();
    if (e.target.elements.url) e.target.elements.url.value = ""; else e.target.replaceWith(make("b", { className: "good", textContent: "已在本期：" + column }));
  });

  // ---- an item of one's own
  const own = desk.querySelector(".own"), texts = () => [...own.querySelectorAll("input:not([type=hidden]), textarea, select")];
  store((s) => {
    const kept = JSON.parse(s.getItem(OWN) || "null");
    if (!kept) return;
    texts().forEach((t, i) => { t.value = kept[i] || t.value; });
    own.closest("details").open = true;
  });
  own.addEventListener("input", () => store((s) => s.setItem(OWN, JSON.stringify(texts().map((t) => t.value)))));
  own.addEventListener("answered", (e) => {
    if (!e.detail) return;
    store((s) => s.removeItem(OWN));
    own.reset();
    own.closest("details").open = false;
    // its number is the lowest
    const written = [...desk.querySelectorAll(".item")].sort((a, b) => a.dataset.article - b.dataset.article)[0];
    focus(written);
    written.scrollIntoView({ block: "nearest" });
  });
})();
