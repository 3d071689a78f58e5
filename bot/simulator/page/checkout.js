// The practice till's two small courtesies: the time in words, and the way back to the phone it is shown in.
for (const time of document.querySelectorAll("time[data-epoch]")) {
  const until = new Date(Number(time.dataset.epoch) * 1000);
  time.dateTime = until.toISOString();
  const today = until.toDateString() === new Date().toDateString();
  const parts = { hour: "2-digit", minute: "2-digit", ...(today ? {} : { weekday: "long" }) };
  time.textContent = until.toLocaleString([], parts);
}
document.querySelector("[data-close]")?.addEventListener("click", () => {
  window.parent.postMessage("close-till", window.location.origin);
});
