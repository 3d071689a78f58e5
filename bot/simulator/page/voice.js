// Voice notes: a player with a drawn wave, and a recorder that falls back to a hummed note where there is no microphone.
import { el, svg } from "/simulator/page/dom.js";
import { icon } from "/simulator/page/icons.js";

const HEIGHTS = [6, 10, 16, 9, 20, 14, 8, 18, 22, 12, 7, 15, 20, 10, 6, 13, 18, 9, 14, 7, 11, 17, 8, 5];

/** A player for an address. */
export function voice(source) {
  const sound = new Audio();
  sound.preload = "none";
  const button = el("button", { type: "button", "aria-label": "Play the voice note" }, icon("play", 20));
  const show = (name) => button.replaceChildren(icon(name, 20));
  sound.addEventListener("ended", () => show("play"));
  sound.addEventListener("pause", () => show("play"));
  button.addEventListener("click", () => {
    if (!sound.src) sound.src = source;
    if (!sound.paused) return sound.pause();
    return sound.play().then(() => show("pause"), () => show("alert"));
  });
  const bars = HEIGHTS.map((height, n) => svg("rect", { x: n * 6, y: 14 - height / 2, width: 3, height, rx: 1.5, fill: "currentColor" }));
  return el("div", { class: "voice" }, button, svg("svg", { class: "wave", viewBox: "0 0 144 28", height: 28, "aria-hidden": "true" }, ...bars));
}

/** Start recording; answers a function that ends it and gives the file. */
export async function record() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    return fromMicrophone(stream);
  } catch {
    return async () => hum();
  }
}

function fromMicrophone(stream) {
  const recorder = new MediaRecorder(stream);
  const parts = [];
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.start();
  return () => new Promise((done) => {
    recorder.addEventListener("stop", () => {
      stream.getTracks().forEach((track) => track.stop());
      const type = recorder.mimeType || "audio/ogg";
      done(new File(parts, "voice-note", { type }));
    });
    recorder.stop();
  });
}

/** One second of a hummed tone as a WAV file. */
function hum() {
  const rate = 8000;
  const samples = Array.from({ length: rate }, (_, n) => Math.round(40 * Math.sin(n / (6 + 2 * Math.sin(n / 900)))) + 128);
  const head = new DataView(new ArrayBuffer(44));
  const write = (at, letters) => [...letters].forEach((letter, n) => head.setUint8(at + n, letter.charCodeAt(0)));
  write(0, "RIFF"); head.setUint32(4, 36 + rate, true); write(8, "WAVEfmt ");
  head.setUint32(16, 16, true); head.setUint16(20, 1, true); head.setUint16(22, 1, true);
  head.setUint32(24, rate, true); head.setUint32(28, rate, true); head.setUint16(32, 1, true);
  head.setUint16(34, 8, true); write(36, "data"); head.setUint32(40, rate, true);
  return new File([head, new Uint8Array(samples)], "voice-note.wav", { type: "audio/wav" });
}
