// Checks whether the server responds, less and less often, and reloads the page when it does.
const MOST_SECONDS = 15;
const status = document.getElementById("status");
let attempts = 0;
let timer;
let isTrying = false;

document.documentElement.dataset.theme =
  /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1] ?? "";

async function attempt() {
  if (isTrying) return;
  isTrying = true;
  clearTimeout(timer);
  attempts += 1;
  status.textContent = "Trying…";
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    if (answer.ok) {
      // At its own address there is no other page to load.
      if (location.pathname !== "/offline") return location.reload();
      status.textContent = "The server is back";
      return;
    }
  } catch {
    // The server is still unreachable.
  }
  isTrying = false;
  wait(Math.min(2 ** Math.min(attempts, 4), MOST_SECONDS));
}

function wait(seconds) {
  if (seconds === 0) return attempt();
  status.textContent = navigator.onLine
    ? `Next attempt in ${seconds} s`
    : "This device has no network";
  timer = setTimeout(wait, 1000, seconds - 1);
}

document.getElementById("again").addEventListener("click", attempt);
addEventListener("online", attempt);
document.addEventListener("visibilitychange", () => document.hidden || attempt());
wait(1);
