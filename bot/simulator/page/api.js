// The page's only way to the simulator: its scripting routes, the same ones that tests use.
const ROOT = "/simulator/api";

/** Call a route; throws an Error with the simulator's own sentence. */
export async function call(method, path, body) {
  const options = { method };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  const response = await fetch(ROOT + path, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The simulator answered ${response.status}.`);
  return answer;
}

/** The path of a person. */
export const path = (key) => `/people/${encodeURIComponent(key)}`;

/** Say something for a person. */
export const say = (key, body) => call("POST", `${path(key)}/messages`, body);

/** Live events; `onEvent` gets each, `onOpen` every time the stream (re)opens. */
export function listen(onEvent, onOpen) {
  const stream = new EventSource(`${ROOT}/stream`);
  stream.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  stream.addEventListener("open", onOpen);
}
