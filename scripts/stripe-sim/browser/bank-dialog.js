const here = new URL('.', import.meta.url);

/** Shows the bank's question over the page; resolves when it is answered. @param {string} key @param {string} clientSecret @param {string} locale */
export const askBank = (key, clientSecret, locale) =>
  new Promise((resolve) => {
    const dialog = document.createElement('dialog');
    const title = locale.startsWith('zh') ? '银行验证' : 'Your bank asks';
    dialog.setAttribute('aria-label', title);
    dialog.dataset.stripeSim = 'three-d-secure';
    Object.assign(dialog.style, {
      width: 'min(400px, calc(100vw - 32px))',
      padding: '0',
      border: '0',
      borderRadius: '14px',
      overflow: 'hidden',
      background: '#FFFFFF',
      boxShadow: '0 24px 64px rgb(0 0 0 / .6)',
      margin: 'auto',
    });
    const made = document.createElement('iframe');
    made.src = new URL('authenticate.html', here).href;
    made.title = title;
    Object.assign(made.style, { display: 'block', width: '100%', height: '240px', border: '0' });
    const { port1, port2 } = new MessageChannel();
    const opener = document.activeElement;
    const done = () => {
      port1.close();
      dialog.close();
      dialog.remove();
      if (opener instanceof HTMLElement) opener.focus();
      resolve(undefined);
    };
    port1.onmessage = ({ data }) => {
      if (data.say === 'height') made.style.height = `${data.height}px`;
      if (data.say === 'done') done();
    };
    made.addEventListener('load', () =>
      made.contentWindow?.postMessage({ stripeSim: 'open', key, clientSecret, locale }, here.origin, [port2]),
    );
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      port1.postMessage({ say: 'fail' });
    });
    dialog.append(made);
    document.body.append(dialog);
    dialog.showModal();
    made.focus();
  });
