// What all pages share. Without it every form works by its own button.
"use strict";
document.documentElement.classList.add("script");
document.querySelectorAll("form[data-jump] select").forEach((s) => s.addEventListener("change", () => { location.href = s.dataset.base + s.value; }));

// a form that leaves its reader on the page says in its own place what came of it, and what may be done instead
document.querySelectorAll("form[data-stay]").forEach((form) => {
  const button = form.querySelector("button");
  const said = () => form.querySelector(".said") || form.appendChild(Object.assign(document.createElement("span"), { className: "said", role: "status" }));
  async function send(fields) {
    const data = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { "x-requested-by": "console" }, redirect: "error" });
      const outcome = answer.ok ? { words: "已加入" } : await answer.json();
      said().textContent = outcome.words;
      for (const c of outcome.choices || []) said().append(" ", Object.assign(document.createElement("button"), { type: "button", textContent: c.label, onclick: () => send(c.fields) }));
      button.disabled = answer.ok;
    } catch {
      said().textContent = "没有加入：连不上服务器或登录已过期";
      button.disabled = false;
    }
  }
  form.addEventListener("submit", (e) => { e.preventDefault(); send({}); });
});

// what cannot be taken back is asked for once more; the desk asks by itself
document.addEventListener("submit", (e) => {
  const words = e.submitter?.dataset.confirm;
  if (words && !e.defaultPrevented && !confirm(words)) e.preventDefault();
});

// a file's text goes where it could be pasted
document.querySelectorAll("input[data-into]").forEach((input) => input.addEventListener("change", async () => {
  const target = document.getElementById(input.dataset.into);
  if (target && input.files[0]) target.value = await input.files[0].text();
}));

// says before the session ends that it will, and lets it last longer; asking for the time left does not
(() => {
  const { session, warn, base, csrf } = document.body.dataset, ahead = Number(warn) * 1000;
  let bar = null;
  const hide = () => { bar?.remove(); bar = null; };
  const show = (words, action) => {
    if (!bar) {
      bar = Object.assign(document.createElement("p"), { className: "said alarm session", role: "alert" });
      document.querySelector("main").prepend(bar);
    }
    bar.replaceChildren(words + " ");
    if (action) bar.append(Object.assign(document.createElement("button"), { type: "button", textContent: "继续工作", onclick: action }));
  };
  const renew = async () => {
    try {
      const answer = await fetch(base + "/session", { method: "POST", body: new URLSearchParams({ csrf }), redirect: "manual" });
      if (answer.ok) { hide(); wait((await answer.json()).seconds * 1000); } else if (answer.type === "opaqueredirect") ended();
    } catch { later(); }
  };
  const ended = () => show("登录已结束：请在新的页面登录，再回到这里继续；写下的文字还在。");
  // a server that cannot be reached for a moment says nothing of the session
  const later = () => setTimeout(look, 5000);
  const look = async () => {
    try {
      const answer = await fetch(base + "/session", { redirect: "manual" });
      if (answer.type === "opaqueredirect") return ended();
      if (!answer.ok) return later();
      const left = (await answer.json()).seconds * 1000;
      if (left > ahead) return hide(), wait(left);
      show(`登录将在 ${Math.max(1, Math.ceil(left / 60000))} 分钟后结束。`, renew);
      setTimeout(look, Math.max(1000, Math.min(left, 30000)));
    } catch { later(); }
  };
  const wait = (left) => setTimeout(look, Math.min(Math.max(0, left - ahead), 2 ** 31 - 1));
  if (session) wait(Number(session) * 1000);
})();
