// What all pages share. Without it every form works by its own button.
"use strict";
document.documentElement.classList.add("script");
document.querySelectorAll("form[data-jump] select").forEach((s) => s.addEventListener("change", () => { location.href = s.dataset.base + s.value; }));

// a form that leaves its reader on the page says in its own place what came of it
document.querySelectorAll("form[data-stay]").forEach((form) => form.addEventListener("submit", async (e) => {
  e.preventDefault();
  const data = new URLSearchParams(new FormData(form)), button = form.querySelector("button");
  const said = form.querySelector(".said") || form.appendChild(Object.assign(document.createElement("span"), { className: "said", role: "status" }));
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { "x-requested-by": "console" }, redirect: "error" });
    said.textContent = answer.ok ? "已加入" : (await answer.json()).words;
    button.disabled = answer.ok;
  } catch {
    said.textContent = "没有加入：连不上服务器或登录已过期";
    button.disabled = false;
  }
}));

// a file's text goes where it could be pasted
document.querySelectorAll("input[data-into]").forEach((input) => input.addEventListener("change", async () => {
  const target = document.getElementById(input.dataset.into);
  if (target && input.files[0]) target.value = await input.files[0].text();
}));
