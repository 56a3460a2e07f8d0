import { speak, wordsFor } from './words.js';

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
const form = /** @type {HTMLFormElement} */ (document.getElementById('form'));
const fault = /** @type {HTMLElement} */ (document.getElementById('fault'));
const fields = { number: input('number'), expiry: input('expiry'), cvc: input('cvc') };
/** @typedef {keyof typeof fields} Field */
const names = /** @type {Field[]} */ (['number', 'expiry', 'cvc']);
const chips = [.../** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-card]'))];

let words = wordsFor('en');
let key = '';
/** @type {MessagePort | undefined} */
let port;

/** @param {string} text */
const digits = (text) => text.replace(/\D/g, '');

/** @param {string} number */
const passesLuhn = (number) => {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const weighed = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
};

const expiry = () => {
  const given = digits(fields.expiry.value);
  return {
    month: Number(given.slice(0, 2)),
    year: 2000 + Number(given.slice(2, 4)),
    isFull: given.length === 4,
  };
};

/** @type {Record<Field, () => boolean>} */
const isRight = {
  number: () => /^\d{15,19}$/.test(digits(fields.number.value)) && passesLuhn(digits(fields.number.value)),
  expiry: () => {
    const { month, year, isFull } = expiry();
    const today = new Date();
    return (
      isFull && month >= 1 && month <= 12 && year * 12 + month > today.getFullYear() * 12 + today.getMonth()
    );
  },
  cvc: () => /^\d{3,4}$/.test(fields.cvc.value),
};
/** @type {Record<Field, 'numberWrong' | 'expiryWrong' | 'cvcWrong'>} */
const complaint = { number: 'numberWrong', expiry: 'expiryWrong', cvc: 'cvcWrong' };

const tellHeight = () =>
  port?.postMessage({ say: 'height', height: Math.ceil(document.body.getBoundingClientRect().height) });

const tellChange = () => {
  const complete = names.every((name) => isRight[name]());
  const empty = names.every((name) => fields[name].value === '');
  port?.postMessage({ say: 'change', event: { complete, empty, collapsed: false, value: { type: 'card' } } });
  for (const chip of chips)
    chip.setAttribute('aria-pressed', String(chip.dataset.card === digits(fields.number.value)));
};

/** @param {Field} name @param {boolean} isWrong */
const mark = (name, isWrong) => {
  if (isWrong) fields[name].setAttribute('aria-invalid', 'true');
  else fields[name].removeAttribute('aria-invalid');
  const first = names.find((one) => fields[one].getAttribute('aria-invalid') === 'true');
  fault.textContent = first ? words[complaint[first]] : '';
};

const format = () => {
  const number = digits(fields.number.value).slice(0, 19);
  fields.number.value = (number.match(/.{1,4}/g) ?? []).join(' ');
  const given = digits(fields.expiry.value).slice(0, 4);
  const dated = /^[2-9]/.test(given) ? `0${given}`.slice(0, 4) : given;
  fields.expiry.value = dated.length > 2 ? `${dated.slice(0, 2)} / ${dated.slice(2)}` : dated;
  fields.cvc.value = digits(fields.cvc.value).slice(0, 4);
};

/** What the page asked of us. @param {string} message @param {string} [code] */
const wrong = (message, code) => ({
  error: { type: 'validation_error', message, ...(code ? { code } : {}) },
});

const submit = () => {
  for (const name of names) mark(name, !isRight[name]());
  const first = names.find((name) => !isRight[name]());
  if (!first) return { selectedPaymentMethod: 'card' };
  fields[first].focus();
  return wrong(words[complaint[first]], `incomplete_${first}`);
};

/** @param {string} name @param {unknown} value @param {URLSearchParams} into */
const nest = (name, value, into) => {
  if (value === undefined || value === null) return;
  if (typeof value !== 'object') into.set(name, String(value));
  else for (const [below, held] of Object.entries(value)) nest(`${name}[${below}]`, held, into);
};

/** @param {Record<string, any>} params */
const token = async (params) => {
  const checked = submit();
  if ('error' in checked) return checked;
  const { month, year } = expiry();
  const body = new URLSearchParams({ key });
  const card = {
    number: digits(fields.number.value),
    exp_month: month,
    exp_year: year,
    cvc: fields.cvc.value,
  };
  const { payment_method_data: more, ...rest } = params;
  nest('payment_method_data', { type: 'card', billing_details: more?.billing_details, card }, body);
  for (const [name, value] of Object.entries(rest)) nest(name, value, body);
  try {
    const answer = await fetch('../v1/confirmation_tokens', { method: 'POST', body });
    return await answer.json();
  } catch {
    return { error: { type: 'api_connection_error', message: words.unreachable } };
  }
};

const variables = {
  colorPrimary: '--primary',
  colorBackground: '--background',
  colorText: '--text',
  colorTextSecondary: '--text-quiet',
  colorDanger: '--danger',
  borderRadius: '--radius',
  fontFamily: '--font',
  fontSizeBase: '--size',
};

/** @param {{ locale?: string, appearance?: { theme?: string, variables?: Record<string, string> } }} settings */
const apply = ({ locale = 'en', appearance = {} }) => {
  words = speak(locale);
  const root = document.documentElement;
  root.dataset.theme = appearance.theme ?? 'stripe';
  for (const [name, property] of Object.entries(variables)) {
    const value = appearance.variables?.[name];
    if (value) root.style.setProperty(property, value);
    else root.style.removeProperty(property);
  }
  for (const name of names) if (fields[name].hasAttribute('aria-invalid')) mark(name, true);
};

/** @param {any} data */
const hear = async (data) => {
  if (data.say === 'settings') apply(data.settings);
  else if (data.say === 'focus') fields.number.focus();
  else if (data.say === 'clear') {
    form.reset();
    for (const name of names) mark(name, false);
    tellChange();
  } else if (data.say === 'submit') port?.postMessage({ say: 'reply', id: data.id, reply: submit() });
  else if (data.say === 'token')
    port?.postMessage({ say: 'reply', id: data.id, reply: await token(data.params) });
};

for (const name of names) {
  fields[name].addEventListener('input', () => {
    format();
    mark(name, false);
    if (name === 'number' && isRight.number() && digits(fields.number.value).length === 16)
      fields.expiry.focus();
    if (name === 'expiry' && isRight.expiry()) fields.cvc.focus();
    tellChange();
  });
  fields[name].addEventListener('blur', () => mark(name, fields[name].value !== '' && !isRight[name]()));
}
for (const chip of chips)
  chip.addEventListener('click', () => {
    fields.number.value = chip.dataset.card ?? '';
    fields.expiry.value = '1234';
    fields.cvc.value = '123';
    format();
    for (const name of names) mark(name, false);
    tellChange();
  });
form.addEventListener('submit', (event) => event.preventDefault());

window.addEventListener('message', ({ origin, source, data, ports }) => {
  if (origin !== location.origin || source !== parent || data?.stripeSim !== 'open' || port) return;
  port = ports[0];
  key = data.key;
  apply(data.settings);
  form.hidden = false;
  if (port) port.onmessage = (message) => void hear(message.data);
  new ResizeObserver(tellHeight).observe(document.body);
  tellHeight();
  tellChange();
  port?.postMessage({ say: 'ready', event: {} });
});
