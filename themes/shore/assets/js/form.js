// Sends a form to the API and stays on the page. Loaded when a form is first sent.
// In: a form of components/form.html, whose texts are its data. Out: nothing; the form says how it went.

/** Sends it. */
export async function send(form) {
  if (form.ariaBusy === "true") return;
  clear(form);
  form.ariaBusy = "true";
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(values(form)),
    signal: AbortSignal.timeout?.(20_000),
  }).catch(() => null);
  form.ariaBusy = null;
  // Whatever else answers at this address, such as a host of files, says something else.
  if (answer?.status === 204) {
    form.reset();
    return say(form, form.dataset.sent, "sent");
  }
  if (answer?.status === 429) return say(form, form.dataset.later, "failed");
  const problem = answer?.status === 400 ? await answer.json().catch(() => null) : null;
  const marked = (problem?.errors ?? []).map((error) => mark(form, error)).filter(Boolean);
  if (!marked.length) return say(form, form.dataset.away, "failed");
  say(form, form.dataset.wrong, "failed");
  marked[0].focus();
}

/** What is written in the fields, as the API takes it: numbers as numbers, and nothing for a field that is empty. */
function values(form) {
  const all = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.type === "checkbox") all[field.name] = field.checked;
    else if (field.type === "radio" && !field.checked) continue;
    else if (field.type === "number" && field.value) all[field.name] = field.valueAsNumber;
    else if (field.value || field.required) all[field.name] = field.value;
  }
  return all;
}

function say(form, text, state) {
  form.dataset.state = state;
  const status = form.querySelector(".form-status");
  status.textContent = text;
  if (text) status.scrollIntoView({ block: "nearest" });
}

function mark(form, { field, detail }) {
  const input = form.elements[field];
  const place = input?.id && document.getElementById(`${input.id}-error`);
  if (!place) return null;
  input.setAttribute("aria-invalid", "true");
  place.textContent = detail;
  return input;
}

function clear(form) {
  say(form, "", "");
  for (const field of form.querySelectorAll('[aria-invalid="true"]')) field.removeAttribute("aria-invalid");
  for (const place of form.querySelectorAll(".field-error")) place.textContent = "";
}
