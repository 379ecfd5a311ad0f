// What the page does without the server. Runs from the head, before Gradio; `footnoteSignals` is filled by `frame.Frame.on`.
const signals = (window.footnoteSignals ??= {});
const root = document.documentElement;
const drawers = { talks: "fn-talks-open", source: "fn-source-open" };
let opener = null;

const at = (event, selector) => event.target.closest?.(selector);
const quiet = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const narrow = () => matchMedia("(max-width: 1000px)").matches;

// ---- tabs, by the address: #ask, #notes, ...
function view(name, tell = true) {
  root.dataset.view = name;
  for (const tab of document.querySelectorAll(".fn-bar nav button")) {
    if (tab.name === `open-${name}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (tell) signals[`open-${name}`]?.("");
}
root.dataset.view = location.hash.slice(1) || "ask";
addEventListener("hashchange", () => view(location.hash.slice(1) || "ask"));

// ---- the theme: the system's until another is chosen
const stored = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
function theme() {
  const chosen = stored("footnote-theme") || "system";
  const dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  if (document.body && document.body.classList.contains("dark") !== dark) document.body.classList.toggle("dark", dark);
  root.style.colorScheme = dark ? "dark" : "light";
  for (const button of document.querySelectorAll('button[name="theme"]')) button.setAttribute("aria-pressed", String(button.value === chosen));
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);

// ---- drawers
function open(drawer, from) {
  if (from) opener = from;
  document.body.classList.add(drawers[drawer]);
}

function close(drawer) {
  if (!document.body.classList.contains(drawers[drawer])) return false;
  document.body.classList.remove(drawers[drawer]);
  if (drawer === "source") {
    mark(null);
    if (opener?.isConnected) opener.focus();
    opener = null;
  } else {
    document.querySelector('button[name="open-talks"]')?.focus();
  }
  return true;
}

function mark(reference) {
  for (const chip of document.querySelectorAll(".fn-current")) chip.classList.remove("fn-current");
  if (!reference) return;
  for (const chip of document.querySelectorAll("button.fn-chip")) if (chip.value === reference) chip.classList.add("fn-current");
}

function arrange() {
  const panel = document.getElementById("fn-source");
  if (!panel) return;
  const place = panel.querySelector(".fn-page mark, .fn-passage mark");
  const head = document.getElementById("fn-source-head");
  panel.scrollTop = place ? panel.scrollTop + place.getBoundingClientRect().top - panel.getBoundingClientRect().top - head.offsetHeight - Math.min(96, panel.clientHeight / 5) : 0;
}

// ---- what a button means
const here = {
  "open-talks": () => (document.body.classList.contains(drawers.talks) ? close("talks") : (open("talks"), document.querySelector("#fn-talks-search textarea, #fn-talks-search input")?.focus())),
  "close-talks": () => close("talks"),
  "close-source": () => close("source"),
  "copy-code": (button) => copy(button.parentElement.querySelector("pre").textContent, button),
  "copy-text": (button) => copy(button.value, button),
  theme: (button) => {
    localStorage.setItem("footnote-theme", button.value);
    theme();
  },
  zoom: (button) => zoom(button.closest(".fn-page").querySelector("figure")),
  retitle: (button) => retitle(button.closest("li"), button.value),
};
const before = {
  source: (button) => {
    open("source", button.closest("#fn-source") ? null : button);
    mark(button.value);
  },
  why: (button) => open("source", button),
  new: () => (close("source"), (location.hash = "ask"), narrow() && close("talks"), document.querySelector("#fn-question textarea")?.focus()),
  "open-talk": () => (close("source"), (location.hash = "ask"), narrow() && close("talks")),
  edit: () => setTimeout(() => document.querySelector("#fn-question textarea")?.focus(), 300),
};

document.addEventListener("click", (event) => {
  const button = at(event, "button[name]");
  if (!button || button.disabled) return;
  if (button.name.startsWith("open-") && button.closest("nav")) {
    location.hash = button.name.slice(5);
  } else if (here[button.name]) {
    here[button.name](button);
  } else if (signals[button.name]) {
    before[button.name]?.(button);
    signals[button.name](button.value);
  }
});

document.addEventListener("submit", (event) => {
  const form = at(event, "form.fn-comment");
  if (!form) return;
  event.preventDefault();
  signals.comment?.(form.dataset.value + form.querySelector("input").value);
});

function copy(text, button) {
  navigator.clipboard?.writeText(text).then(() => {
    button?.classList.add("fn-copied");
    setTimeout(() => button?.classList.remove("fn-copied"), 1500);
  });
}

// The picture of a page, as large as the window; any click or key ends it.
function zoom(figure) {
  const large = document.createElement("div");
  large.className = "fn-large";
  large.append(figure.cloneNode(true));
  const end = (event) => {
    event.stopPropagation();
    large.remove();
    removeEventListener("keydown", end, true);
  };
  large.addEventListener("click", end);
  addEventListener("keydown", end, true);
  document.querySelector(".gradio-container").append(large);
  const place = large.querySelector("mark");
  large.scrollTop = place ? place.getBoundingClientRect().top - innerHeight / 3 : 0;
}

function retitle(item, talk) {
  const shown = item.querySelector(".fn-talk");
  const box = document.createElement("input");
  box.className = "fn-retitle";
  box.maxLength = 80;
  box.value = shown.querySelector("span").textContent;
  box.setAttribute("aria-label", item.querySelector('[name="retitle"]').title);
  let done = false;
  const end = (keep) => {
    if (done) return;
    done = true;
    box.replaceWith(shown);
    if (keep && box.value.trim()) signals["rename-talk"]?.(`${talk}:${box.value}`);
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) end(true);
    if (event.key === "Escape") event.stopPropagation(), end(false);
  });
  box.addEventListener("blur", () => end(true));
  shown.replaceWith(box);
  box.select();
}

// A reason stays within the window, and beside an open source panel.
for (const kind of ["mouseover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const reason = at(event, ".fn-mark")?.querySelector(".fn-reason");
    if (!reason || getComputedStyle(reason).position === "fixed") return;
    reason.style.left = "0";
    const over = reason.getBoundingClientRect().right - document.querySelector(".gradio-container main").getBoundingClientRect().right + 16;
    if (over > 0) reason.style.left = `${-over}px`;
  });
}

// ---- what the server asks the browser to do (`frame.handed`)
window.footnoteDo = ({ do: what, text, name }) => {
  if (what === "copy") copy(text);
  if (what === "tell") say(text);
  if (what !== "save") return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name.replace(/[\\/:*?"<>|\x00-\x1f]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

function say(text) {
  const line = document.createElement("div");
  line.className = "fn-toast";
  line.setAttribute("role", "status");
  line.textContent = text;
  document.querySelector(".gradio-container").append(line);
  setTimeout(() => line.remove(), 4000);
}

// The question has left the box; what is typed from now on is the next one.
window.footnoteTaken = (question) => {
  const box = document.querySelector("#fn-question textarea");
  if (!box || !question.trim()) return;
  box.value = "";
  box.dispatchEvent(new Event("input", { bubbles: true }));
};

// ---- keys
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close("source") || close("talks");
  const step = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
  if (step && event.target.closest?.("#fn-source") && !event.altKey && !event.ctrlKey && !event.metaKey) {
    document.querySelector(`#fn-source .fn-i-${step}:not(:disabled)`)?.click();
  }
});

// An input method takes Enter to accept what is being composed; it must not send the question.
for (const kind of ["keydown", "keypress", "keyup"]) {
  document.addEventListener(
    kind,
    (event) => {
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key === "Enter" && composing && event.target.closest?.("#fn-question")) event.stopPropagation();
    },
    true,
  );
}

// ---- what follows from what the server shows
let questions = 0;
let asked = "";
let panelHead = "";
let verdict = null;
const seen = new WeakSet();

function follow() {
  const bar = document.querySelector(".fn-bar");
  if (bar && bar.lang !== root.lang) root.lang = bar.lang;
  if (bar && !bar.querySelector("[aria-current]")) view(root.dataset.view);
  for (const name of ["send", "stop"]) {
    const button = document.querySelector(`#fn-question .${name === "send" ? "submit" : "stop"}-button`);
    if (bar && button && button.ariaLabel !== bar.dataset[name]) button.ariaLabel = button.title = bar.dataset[name];
  }
  theme();
  const chat = document.getElementById("fn-chat");
  if (chat) {
    // Keep markup out of what a screen reader says of a message.
    chat.querySelectorAll("[data-testid][aria-label]").forEach((message) => message.removeAttribute("aria-label"));
    // Bring a new question to the top, where its answer can be read from the start.
    const shown = chat.querySelectorAll(".fn-question");
    const last = shown[shown.length - 1]?.textContent ?? "";
    const growing = chat.querySelector(".fn-wait");
    if (growing && (shown.length !== questions || last !== asked)) {
      requestAnimationFrame(() => shown[shown.length - 1].scrollIntoView({ block: "start", behavior: quiet() ? "auto" : "smooth" }));
    }
    if (growing || !shown.length) [questions, asked] = [shown.length, last];
  }
  // A formula within a line breaks only where it may; what is still wider than its column scrolls.
  for (const base of document.querySelectorAll(".fn-read .katex .base")) {
    const column = seen.has(base) ? null : base.closest("p, li, td, .fn-read");
    if (!column?.clientWidth) continue;
    seen.add(base);
    const formula = base.closest(".katex");
    if (base.offsetWidth > column.clientWidth && !formula.closest(".katex-display")) formula.classList.add("fn-wide");
  }
  // What scrolls sideways can be scrolled with the keys too.
  for (const wide of document.querySelectorAll(".fn-code pre, .fn-formula, .fn-read table, .fn-wide")) {
    if (wide.scrollWidth > wide.clientWidth && wide.tabIndex < 0) wide.tabIndex = 0;
  }
  // What a check says stands below its form; bring it into sight.
  const told = document.querySelector("#fn-check-result :is(.fn-verdict, .fn-remark, .fn-error)");
  if (told && told !== verdict) {
    const result = document.getElementById("fn-check-result");
    result.scrollIntoView({ block: told.matches(".fn-verdict") ? "start" : "nearest", behavior: quiet() ? "auto" : "smooth" });
  }
  verdict = told;
  const head = document.querySelector("#fn-source-head .fn-head");
  if (head && document.body.classList.contains(drawers.source)) {
    const now = document.getElementById("fn-source-text").textContent.length + head.parentElement.innerHTML;
    if (now !== panelHead) {
      panelHead = now;
      arrange();
      if (!document.activeElement?.closest("#fn-source")) head.querySelector("h2").focus({ preventScroll: true });
    }
  }
}

let waiting = false;
const watchAll = () => {
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => ((waiting = false), follow()));
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  new MutationObserver(theme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  theme();
};
if (document.body) watchAll();
else document.addEventListener("DOMContentLoaded", watchAll);
