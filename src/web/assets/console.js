// Keys, dragging and saving by itself for the desk. Without it every form works by its own button.
"use strict";
document.documentElement.classList.add("script");
const state = document.getElementById("state");
const say = (words) => { if (state) state.textContent = words; };

// every form carries the version that was seen; a save by script moves all of them on
const versions = () => document.querySelectorAll("input[name=version]");
let queue = Promise.resolve();

function send(form, extra) {
  queue = queue.then(async () => {
    const data = new URLSearchParams(new FormData(form));
    for (const [k, v] of Object.entries(extra || {})) data.set(k, v);
    say("正在保存…");
    try {
      const answer = await fetch(location.pathname, { method: "POST", body: data, headers: { "x-requested-by": "console" }, redirect: "error" });
      const text = await answer.text();
      if (answer.ok) {
        versions().forEach((v) => { v.value = text; });
        say("已保存 " + new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" }));
        return true;
      }
      say(answer.status === 409 ? text + "（复制您的文字后刷新页面）" : text);
    } catch {
      say("没有保存：连不上服务器或登录已过期。文字还在页面上，请稍后再试");
    }
    return false;
  });
  return queue;
}

document.querySelectorAll("form[data-autosave]").forEach((form) => {
  let timer;
  const save = () => { clearTimeout(timer); timer = undefined; send(form); };
  form.addEventListener("input", () => { say("有未保存的改动"); clearTimeout(timer); timer = setTimeout(save, 1500); });
  form.addEventListener("change", () => { if (timer) save(); });
  form.addEventListener("submit", (e) => { e.preventDefault(); save(); });
  addEventListener("pagehide", () => { if (timer) navigator.sendBeacon(location.pathname, new URLSearchParams(new FormData(form))); });
});
document.querySelectorAll("form[data-confirm]").forEach((form) => form.addEventListener("submit", (e) => { if (!confirm(form.dataset.confirm)) e.preventDefault(); }));
document.querySelectorAll("form[data-jump] select").forEach((s) => s.addEventListener("change", () => { location.href = s.dataset.base + s.value; }));

const items = () => [...document.querySelectorAll(".item")];
const current = () => document.activeElement && document.activeElement.closest(".item");
const press = (item, selector) => { const b = item && item.querySelector(selector); if (b) b.click(); };
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const writing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);
  if (writing) { if (e.key === "Escape") { e.target.blur(); const i = e.target.closest(".item"); if (i) i.focus(); } return; }
  const all = items(), at = all.indexOf(current());
  const go = (i) => { const item = all[Math.max(0, Math.min(all.length - 1, i))]; if (item) { item.focus(); item.scrollIntoView({ block: "nearest" }); } };
  const keys = {
    j: () => go(at + 1), k: () => go(at < 0 ? 0 : at - 1),
    e: () => { const t = current() && current().querySelector("input.title"); if (t) t.focus(); },
    x: () => press(current(), "button[value=off-topic]"),
    "[": () => press(current(), "button[value=up]"), "]": () => press(current(), "button[value=down]"),
    u: () => { const b = document.querySelector("button[value=undo]"); if (b) b.click(); },
  };
  if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
});

// to the place of another item
async function put(moved, item) {
  const column = item.closest(".column"), place = [...column.querySelectorAll(".item")].filter((i) => i !== moved).indexOf(item);
  const form = moved.querySelector("form.edit");
  if (form && await send(form, { do: "move", column: column.dataset.column, place })) { item.before(moved); moved.focus(); }
}

// an item is dragged by its edge: dragging from a field would select text
let dragged;
items().forEach((item) => {
  item.addEventListener("mousedown", (e) => { item.draggable = e.target === item || e.target.tagName === "P"; });
  item.addEventListener("dragstart", (e) => { dragged = item; e.dataTransfer.effectAllowed = "move"; });
  item.addEventListener("dragover", (e) => { if (dragged && dragged !== item) { e.preventDefault(); item.classList.add("over"); } });
  item.addEventListener("dragleave", () => item.classList.remove("over"));
  item.addEventListener("drop", (e) => {
    e.preventDefault();
    item.classList.remove("over");
    put(dragged, item);
    dragged = undefined;
  });
  // fingers drag by the grip: touch screens have no dragging of their own
  const grip = item.querySelector(".grip");
  if (!grip) return;
  let target;
  grip.addEventListener("pointerdown", (e) => { e.preventDefault(); target = undefined; if (e.isTrusted) grip.setPointerCapture(e.pointerId); item.classList.add("dragged"); });
  grip.addEventListener("pointermove", (e) => {
    if (!item.classList.contains("dragged")) return;
    if (target) target.classList.remove("over");
    const under = document.elementFromPoint(e.clientX, e.clientY);
    target = under && under.closest(".item");
    if (target && target !== item) target.classList.add("over");
    // near an edge the page comes along
    if (e.clientY < 60) scrollBy(0, -20); else if (e.clientY > innerHeight - 60) scrollBy(0, 20);
  });
  const end = (drop) => () => {
    item.classList.remove("dragged");
    if (target) target.classList.remove("over");
    if (drop && target && target !== item) put(item, target);
    target = undefined;
  };
  grip.addEventListener("pointerup", end(true));
  grip.addEventListener("pointercancel", end(false));
});

// a file's text goes where it could be pasted
document.querySelectorAll("input[data-into]").forEach((input) => input.addEventListener("change", async () => {
  const target = document.getElementById(input.dataset.into);
  if (target && input.files[0]) target.value = await input.files[0].text();
}));
