// The part of Stripe.js that Dropcast uses, over the simulator. Loaded as a classic script, like the real one.
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const here = new URL('.', script.src);
  const api = new URL('../v1/', here);

  /** @typedef {{ type: string, message: string, code?: string, payment_intent?: any }} StripeError */
  /** @typedef {{ error: StripeError } | { error?: undefined, [key: string]: any }} Outcome */

  /** @param {string} message @param {string} [code] @returns {{ error: StripeError }} */
  const wrong = (message, code) => ({
    error: { type: 'validation_error', message, ...(code ? { code } : {}) },
  });

  /** @param {string} key @param {string} path @param {Record<string, string>} fields @param {'GET' | 'POST'} [method] */
  const call = async (key, path, fields, method = 'POST') => {
    const form = new URLSearchParams({ key, ...fields });
    const url = new URL(path, api);
    if (method === 'GET') url.search = String(form);
    try {
      const answer = await fetch(url, method === 'GET' ? {} : { method, body: form });
      return await answer.json();
    } catch {
      return {
        error: {
          type: 'api_connection_error',
          message: 'We could not reach the payment service. Try again.',
        },
      };
    }
  };

  /** @param {string} clientSecret */
  const intentOf = (clientSecret) => clientSecret.split('_secret_', 1)[0] ?? '';

  class PaymentElement {
    #key;
    #settings;
    /** @type {Map<string, Set<(event: any) => void>>} */
    #listeners = new Map();
    /** @type {HTMLIFrameElement | undefined} */
    #frame;
    /** @type {MessagePort | undefined} */
    #port;
    /** @type {Map<number, (reply: any) => void>} */
    #asked = new Map();
    #count = 0;

    /** @param {string} key @param {() => object} settings */
    constructor(key, settings) {
      this.#key = key;
      this.#settings = settings;
    }

    /** @param {string | HTMLElement} place */
    mount(place) {
      const target = typeof place === 'string' ? document.querySelector(place) : place;
      if (!target) throw new Error(`Invalid mount target: ${place}`);
      this.unmount();
      const made = document.createElement('iframe');
      made.src = new URL('element.html', here).href;
      made.title = 'Secure payment input frame';
      Object.assign(made.style, {
        display: 'block',
        width: '100%',
        height: '0',
        border: '0',
        colorScheme: 'normal',
      });
      this.#frame = made;
      const late = setTimeout(
        () =>
          this.#tell('loaderror', {
            error: { type: 'api_connection_error', message: 'The payment form did not load.' },
          }),
        10_000,
      );
      made.addEventListener('load', () => {
        const { port1, port2 } = new MessageChannel();
        this.#port = port1;
        port1.onmessage = ({ data }) => {
          if (data.say === 'ready') clearTimeout(late);
          this.#hear(data);
        };
        made.contentWindow?.postMessage(
          { stripeSim: 'open', key: this.#key, settings: this.#settings() },
          here.origin,
          [port2],
        );
      });
      target.append(made);
    }

    unmount() {
      this.#port?.close();
      this.#frame?.remove();
      this.#port = undefined;
      this.#frame = undefined;
      for (const reply of this.#asked.values()) reply(wrong('The payment form was closed.'));
      this.#asked.clear();
    }

    destroy() {
      this.unmount();
      this.#listeners.clear();
    }

    /** @param {string} name @param {(event: any) => void} listener */
    on(name, listener) {
      const known = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, known.add(listener));
      return this;
    }

    /** @param {string} name @param {(event: any) => void} [listener] */
    off(name, listener) {
      if (listener) this.#listeners.get(name)?.delete(listener);
      else this.#listeners.delete(name);
      return this;
    }

    update() {
      this.#port?.postMessage({ say: 'settings', settings: this.#settings() });
    }

    focus() {
      this.#frame?.focus();
      this.#port?.postMessage({ say: 'focus' });
    }

    clear() {
      this.#port?.postMessage({ say: 'clear' });
    }

    /** Asks the frame and waits for its word. @param {'submit' | 'token'} ask @param {object} [params] @returns {Promise<any>} */
    ask(ask, params = {}) {
      const port = this.#port;
      if (!port) return Promise.resolve(wrong('The payment form is not on the page.'));
      this.#count += 1;
      const id = this.#count;
      return new Promise((resolve) => {
        this.#asked.set(id, resolve);
        port.postMessage({ say: ask, id, params });
      });
    }

    /** @param {any} data */
    #hear(data) {
      if (data.say === 'reply') {
        this.#asked.get(data.id)?.(data.reply);
        this.#asked.delete(data.id);
      } else if (data.say === 'height') {
        if (this.#frame) this.#frame.style.height = `${data.height}px`;
      } else this.#tell(data.say, data.event);
    }

    /** @param {string} name @param {object} event */
    #tell(name, event) {
      for (const listener of this.#listeners.get(name) ?? []) listener({ elementType: 'payment', ...event });
    }
  }

  /** As Stripe.js does since 'endive'. @param {Record<string, any>} options */
  const checkOptions = (options) => {
    if (options.paymentMethodTypes)
      throw new Error('paymentMethodTypes is no longer supported. Use allowedPaymentMethodTypes instead.');
  };

  class Elements {
    #key;
    #locale;
    #options;
    /** @type {PaymentElement | undefined} */
    #element;

    /** @param {string} key @param {string} locale @param {Record<string, any>} options */
    constructor(key, locale, options) {
      checkOptions(options);
      this.#key = key;
      this.#locale = locale;
      this.#options = options;
    }

    /** @param {string} type */
    create(type) {
      if (type !== 'payment')
        throw new Error(`A valid Element name must be provided; the simulator has 'payment', not '${type}'.`);
      if (this.#element)
        throw new Error('Can only create one Element of type payment through this Elements instance.');
      const settings = () => ({
        locale: this.#options.locale ?? this.#locale,
        appearance: this.#options.appearance ?? {},
      });
      this.#element = new PaymentElement(this.#key, settings);
      return this.#element;
    }

    /** @param {string} type */
    getElement(type) {
      return type === 'payment' ? (this.#element ?? null) : null;
    }

    /** @param {Record<string, any>} options */
    update(options) {
      checkOptions(options);
      this.#options = { ...this.#options, ...options };
      this.#element?.update();
    }

    async fetchUpdates() {
      return {};
    }

    /** Checks the fields. @returns {Promise<Outcome>} */
    async submit() {
      return this.#element ? this.#element.ask('submit') : wrong('No payment element was created.');
    }

    /** @param {Record<string, any>} params @returns {Promise<any>} */
    async token(params) {
      if (!this.#element) return wrong('No payment element was created.');
      const use = this.#options.setupFutureUsage;
      return this.#element.ask('token', { ...params, ...(use ? { setup_future_usage: use } : {}) });
    }
  }

  /** @param {string} key @param {{ locale?: string }} [options] */
  const Stripe = (key, options = {}) => {
    if (!key?.startsWith('pk_test_'))
      throw new Error('Please call Stripe() with your publishable test key. You used something else.');
    const wanted = options.locale && options.locale !== 'auto' ? options.locale : navigator.language;

    /** @param {string} clientSecret @returns {Promise<Outcome>} */
    const retrievePaymentIntent = async (clientSecret) => {
      const answer = await call(
        key,
        `payment_intents/${intentOf(clientSecret)}`,
        { client_secret: clientSecret },
        'GET',
      );
      return answer.error ? answer : { paymentIntent: answer };
    };

    /** @param {{ clientSecret: string }} given @returns {Promise<Outcome>} */
    const handleNextAction = async ({ clientSecret }) => {
      const before = await retrievePaymentIntent(clientSecret);
      if (before.error || before.paymentIntent.status !== 'requires_action') return before;
      const { askBank } = await import(new URL('bank-dialog.js', here).href);
      await askBank(key, clientSecret, wanted);
      const after = await retrievePaymentIntent(clientSecret);
      const refused =
        after.error === undefined &&
        after.paymentIntent.status === 'requires_payment_method' &&
        after.paymentIntent.last_payment_error;
      if (!refused) return after;
      const message =
        refused.code === 'payment_intent_authentication_failure'
          ? 'We are unable to authenticate your payment method. Please choose a different payment method and try again.'
          : refused.message;
      return { error: { ...refused, message, payment_intent: after.paymentIntent } };
    };

    /** @param {{ elements: Elements, params?: Record<string, any> }} given @returns {Promise<Outcome>} */
    const createConfirmationToken = async ({ elements, params = {} }) => {
      const answer = await elements.token(params);
      return answer.error ? answer : { confirmationToken: answer };
    };

    /** @param {{ elements: Elements, clientSecret: string, confirmParams?: Record<string, any> }} given @returns {Promise<Outcome>} */
    const confirmPayment = async ({ elements, clientSecret, confirmParams = {} }) => {
      const checked = await elements.submit();
      if (checked.error) return checked;
      const made = await createConfirmationToken({ elements, params: confirmParams });
      if (made.error) return made;
      const answer = await call(key, `payment_intents/${intentOf(clientSecret)}/confirm`, {
        client_secret: clientSecret,
        confirmation_token: made.confirmationToken.id,
        return_url: confirmParams.return_url ?? location.href,
      });
      if (answer.error) return answer;
      return answer.status === 'requires_action'
        ? handleNextAction({ clientSecret })
        : { paymentIntent: answer };
    };

    return {
      elements: (/** @type {Record<string, any>} */ given = {}) => new Elements(key, wanted, given),
      confirmPayment,
      createConfirmationToken,
      handleNextAction,
      retrievePaymentIntent,
    };
  };
  Stripe.version = 'simulator';

  Object.assign(window, { Stripe });
})();
