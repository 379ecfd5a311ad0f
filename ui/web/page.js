// Runs once, in the gr.HTML of the source panel; `element`, `props`, `trigger` and `watch` are Gradio's.
const body = document.body;
const chat = () => document.getElementById("fn-chat");
let opener = null;
let questions = 0;

function openSource(reference, from) {
  if (from) {
    opener?.classList.remove("fn-current");
    opener = from;
  }
  document.querySelectorAll(".fn-current").forEach((chip) => chip.classList.remove("fn-current"));
  document.querySelectorAll("#fn-chat a").forEach((chip) => {
    if (chip.getAttribute("href") === reference) chip.classList.add("fn-current");
  });
  body.classList.add("fn-open");
  arrange();
  trigger("click", { reference });
}

function closeSource() {
  body.classList.remove("fn-open");
  document.querySelectorAll(".fn-current").forEach((chip) => chip.classList.remove("fn-current"));
  if (opener?.isConnected) opener.focus();
  opener = null;
}

function arrange() {
  const passage = element.querySelector(".fn-passage");
  const mark = element.querySelector("mark");
  if (!passage || !mark) return;
  const above = mark.getBoundingClientRect().top - passage.getBoundingClientRect().top;
  passage.scrollTop += above - Math.min(96, passage.clientHeight / 4);
  element.querySelector("h2").focus({ preventScroll: true });
}

new MutationObserver(() => body.classList.contains("fn-open") && arrange()).observe(element, { childList: true, subtree: true });
watch("lang", () => (document.documentElement.lang = props.lang));

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest?.(selector);
  const chip = at("#fn-chat a.fn-chip, #fn-chat a.fn-near");
  if (chip) {
    event.preventDefault();
    openSource(chip.getAttribute("href"), chip);
  } else if (at(".fn-step")) {
    openSource(at(".fn-step").dataset.ref, null);
  } else if (at(".fn-close, #fn-new-button")) {
    closeSource();
  } else if (at(".fn-suggestion")) {
    trigger("select", { question: at(".fn-suggestion").textContent });
  } else if (at(".fn-copy")) {
    const button = at(".fn-copy");
    navigator.clipboard?.writeText(button.parentElement.querySelector("pre").textContent).then(() => {
      button.classList.add("fn-copied");
      setTimeout(() => button.classList.remove("fn-copied"), 1500);
    });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && body.classList.contains("fn-open")) closeSource();
  if (event.key === " " && event.target.matches?.("a.fn-chip, a.fn-near")) {
    event.preventDefault();
    event.target.click();
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

// Bring a new question to the top, where its answer can be read from the start; keep markup out of what a screen reader says.
new MutationObserver(() => {
  if (!chat()) return;
  chat().querySelectorAll("[data-testid][aria-label]").forEach((message) => message.removeAttribute("aria-label"));
  const asked = chat().querySelectorAll(".fn-question");
  if (asked.length > questions) {
    const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => asked[asked.length - 1].scrollIntoView({ block: "start", behavior: quiet ? "auto" : "smooth" }));
  }
  questions = asked.length;
}).observe(document.querySelector(".gradio-container"), { childList: true, subtree: true, characterData: true });
