import { speak, wordsFor } from './words.js';

/** @param {string} id */
const button = (id) => /** @type {HTMLButtonElement} */ (document.getElementById(id));
const acts = [button('complete'), button('fail')];
const about = /** @type {HTMLElement} */ (document.getElementById('about'));
const fault = /** @type {HTMLElement} */ (document.getElementById('fault'));

let words = wordsFor('en');
let key = 'pk_test_page';
let secret = '';
/** @type {MessagePort | undefined} */
let port;
/** @type {string | undefined} */
let returnUrl;

const tellHeight = () =>
  port?.postMessage({ say: 'height', height: Math.ceil(document.body.getBoundingClientRect().height) });

/** @param {string} verb @param {RequestInit} [options] */
const call = async (verb, options) => {
  const id = secret.split('_secret_', 1)[0] ?? '';
  const query = options ? '' : `?${new URLSearchParams({ key, client_secret: secret })}`;
  const answer = await (await fetch(`../v1/payment_intents/${id}${verb}${query}`, options)).json();
  if (answer.error) throw new Error(answer.error.message);
  return answer;
};

/** @param {unknown} problem */
const complain = (problem) => {
  fault.textContent =
    problem instanceof TypeError
      ? words.unreachable
      : String(problem instanceof Error ? problem.message : problem);
};

/** @param {'complete' | 'fail'} outcome */
const decide = async (outcome) => {
  for (const act of acts) act.disabled = true;
  fault.textContent = '';
  try {
    const body = new URLSearchParams({ key, client_secret: secret, outcome });
    const intent = await call('/authenticate', { method: 'POST', body });
    port?.postMessage({ say: 'done' });
    if (port || !returnUrl) return;
    const back = new URL(returnUrl);
    back.searchParams.set('payment_intent', intent.id);
    back.searchParams.set('payment_intent_client_secret', secret);
    back.searchParams.set('redirect_status', outcome === 'complete' ? 'succeeded' : 'failed');
    location.replace(back);
  } catch (problem) {
    complain(problem);
    for (const act of acts) act.disabled = false;
  }
};

/** @param {string} locale */
const open = async (locale) => {
  words = speak(locale);
  new ResizeObserver(tellHeight).observe(document.body);
  try {
    const intent = await call('');
    const digits =
      new Intl.NumberFormat('en', { style: 'currency', currency: intent.currency }).resolvedOptions()
        .maximumFractionDigits ?? 2;
    const amount = (intent.amount / 10 ** digits).toFixed(digits);
    about.textContent = `${words.bankCard} · ${amount} ${intent.currency.toUpperCase()}`;
    returnUrl = intent.next_action?.redirect_to_url?.return_url;
    for (const act of acts) act.disabled = false;
    acts[0]?.focus();
  } catch (problem) {
    complain(problem);
  }
};

acts[0]?.addEventListener('click', () => void decide('complete'));
acts[1]?.addEventListener('click', () => void decide('fail'));
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && port) void decide('fail');
});

window.addEventListener('message', ({ origin, source, data, ports }) => {
  if (origin !== location.origin || source !== parent || data?.stripeSim !== 'open' || port) return;
  port = ports[0];
  key = data.key;
  secret = data.clientSecret;
  if (port)
    port.onmessage = (message) => {
      if (message.data.say === 'fail') void decide('fail');
    };
  void open(data.locale);
});

if (parent === window) {
  secret = new URLSearchParams(location.search).get('payment_intent_client_secret') ?? '';
  void open(navigator.language);
}
