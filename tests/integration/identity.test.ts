import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeCodes } from '#contract/close-codes.ts';
import { Me } from '#contract/identity.ts';
import { GuestId } from '#contract/ids.ts';
import { createThrottle } from '#server/identity/throttle.ts';
import { openRedis as connectRedis } from '#server/platform/redis.ts';
import { type Person, password } from '../support/cast.ts';
import { openHouse, openSocket, type TestHouse } from '../support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

/** Another browser of somebody who has an account. */
async function signedIn(handle: string): Promise<Person> {
  const browser = await house.visit();
  expect((await browser.signIn(handle)).status).toBe(201);
  return browser;
}

const status = async (person: Person): Promise<number> => (await person.call('PATCH', '/me', {})).status;

describe('signing in and out', () => {
  test('[M-P1] one account is signed in from two browsers, and one of them signs out', async () => {
    const desk = await house.visit('two-browsers');
    const phone = await signedIn('TWO-Browsers');
    expect(phone.cookie).not.toBe(desk.cookie);
    expect([await status(desk), await status(phone)]).toEqual([200, 200]);
    const kept = phone.cookie;
    expect((await phone.call('DELETE', '/login-sessions/current')).status).toBe(204);
    phone.cookie = kept;
    expect([await status(desk), await status(phone)]).toEqual([200, 401]);
  });

  test('[M-P1] after "sign out everywhere" other devices get 401 and their sockets close', async () => {
    const desk = await house.visit('everywhere');
    const phone = await signedIn('everywhere');
    const other = await house.visit('somebody-else');
    await using second = await house.openSecond();
    await using here = await openSocket(phone);
    await using there = await openSocket(phone, second.address);
    await using others = await openSocket(other);
    expect((await desk.call('DELETE', '/login-sessions')).status).toBe(204);
    expect(await status(phone)).toBe(401);
    await here.until(() => here.closed !== undefined);
    await there.until(() => there.closed !== undefined);
    expect([here.closed?.code, there.closed?.code]).toEqual([
      closeCodes['signed-out'],
      closeCodes['signed-out'],
    ]);
    expect([others.closed, await status(other)]).toEqual([undefined, 200]);
  });

  test('[M-P1] a wrong password is refused, and the sixth try has to wait', async () => {
    await house.visit('guessed');
    const guesser = await house.visit();
    const guess = () =>
      guesser.call('POST', '/login-sessions', { handle: 'guessed', password: 'not the one' });
    for (let tries = 0; tries < 5; tries += 1)
      expect(await guess()).toMatchObject({ status: 401, body: { code: 'wrong-credentials' } });
    const sixth = await guess();
    expect(sixth).toMatchObject({ status: 429, body: { code: 'slowed-down' } });
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await guesser.signIn('guessed')).status).toBe(429);
  });

  test('[M-P1] parallel guesses count too, and an unknown handle is slowed and answered like a known one', async () => {
    const guesser = await house.visit();
    const guesses = await Promise.all(
      Array.from({ length: 9 }, () =>
        guesser.call('POST', '/login-sessions', { handle: 'nobody-here', password: 'not the one' }),
      ),
    );
    expect(guesses.filter((one) => one.status === 401)).toHaveLength(5);
    expect(guesses.filter((one) => one.status === 429)).toHaveLength(4);
  });

  test('[M-P1] guesses from elsewhere do not lock the owner out, and a right password clears the count', async () => {
    const redis = connectRedis(house.redis.url);
    const throttle = createThrottle(redis);
    for (let tries = 0; tries < 8; tries += 1) await throttle.begin('owned', '203.0.113.1');
    expect(await throttle.begin('owned', '203.0.113.1')).toBeGreaterThan(0);
    expect(await throttle.begin('owned', '198.51.100.7')).toBe(0);
    for (let tries = 0; tries < 12; tries += 1) {
      expect(await throttle.begin('owned', '198.51.100.8')).toBe(0);
      await throttle.succeeded('owned', '198.51.100.8');
    }
    redis.disconnect();
  });

  test('[M-P1] a recovery code opens the account once, sets the password and signs out everywhere', async () => {
    const owner = await house.visit('forgetful');
    const [code = ''] = owner.recoveryCodes;
    expect(owner.recoveryCodes).toHaveLength(8);
    const browser = await house.visit();
    const recover = (recoveryCode: string) =>
      browser.call('POST', '/recoveries', {
        handle: 'forgetful',
        recoveryCode,
        password: 'quite another one',
      });
    expect((await recover('0000-0000-0000-0000')).status).toBe(401);
    expect((await recover(code.toLowerCase())).status).toBe(201);
    expect([await status(browser), await status(owner)]).toEqual([200, 401]);
    expect((await recover(code)).status).toBe(401);
    expect((await (await house.visit()).signIn('forgetful')).status).toBe(401);
    const me = await browser.get('/me', Me);
    expect(me).toMatchObject({ handle: 'forgetful', recoveryCodesLeft: 7 });
  });

  test('[M-P1] every sign-in begins a new login session and ends the one the browser held', async () => {
    const browser = await house.visit('renewed');
    const before = browser.cookie;
    await browser.signIn('renewed');
    const old = await house.visit();
    old.cookie = before;
    expect([browser.cookie === before, await status(browser), await status(old)]).toEqual([false, 200, 401]);
  });

  test('[M-P1] emptying Redis signs nobody out', async () => {
    const aki = await house.visit('flushed');
    const redis = connectRedis(house.redis.url);
    await redis.flushall();
    redis.disconnect();
    expect(await status(aki)).toBe(200);
  });

  test('[M-P1] cookies are HttpOnly and Lax, and on https host-bound and secure', async () => {
    const plain = await (await house.visit()).call('POST', '/guest-sessions');
    expect(plain.headers.get('set-cookie')).toMatch(
      /^sid=[\w-]{43}; Max-Age=7776000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    await using secure = await openHouse({ environment: { PUBLIC_URL: 'https://localhost:0' } });
    const { cookie } = await secure.slices.identity.beginLoginSession(GuestId.parse('gst_1'));
    expect(cookie).toMatch(
      /^__Host-sid=[\w-]{43}; Max-Age=7776000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  test('a cookie that is made up, cut or doubled is nobody', async () => {
    const browser = await house.visit('real-cookie');
    const real = browser.cookie;
    for (const cookie of [
      'sid=',
      `sid=${'A'.repeat(43)}`,
      real.slice(0, -1),
      `${real}x`,
      'sid=%00',
      `other=1; x${real}`,
    ]) {
      browser.cookie = cookie;
      expect([cookie, (await browser.get('/me', Me)).kind]).toEqual([cookie, 'anyone']);
    }
  });
});

describe('signing up', () => {
  test('[S1.15] handle, region, language and contact preferences are all there is, and all are kept', async () => {
    const browser = await house.visit();
    const registration = {
      handle: '小明',
      password,
      region: 'CN',
      language: 'zh-CN',
      contact: { email: false, push: true },
    };
    expect((await browser.call('POST', '/accounts', registration)).status).toBe(201);
    const { password: _, ...shown } = registration;
    expect(await browser.get('/me', Me)).toMatchObject({ kind: 'account', ...shown, roles: [] });
    await browser.send('PATCH', '/me', { region: 'DE', email: 'ming@example.org' }, Me);
    const changed = await (await signedIn('小明')).get('/me', Me);
    expect(changed).toMatchObject({ region: 'DE', email: 'ming@example.org', language: 'zh-CN' });
    const more = { ...registration, handle: 'more', birthday: '2000-01-01' };
    expect((await browser.call('POST', '/accounts', more)).status).toBe(422);
  });

  test('[M-P1] a handle and a password are enough; a taken handle and a common password are refused', async () => {
    const browser = await house.visit('enough');
    const me = await browser.get('/me', Me);
    expect(me).toMatchObject({ kind: 'account', language: 'en', contact: { email: false, push: false } });
    const other = await house.visit();
    const taken = await other.call('POST', '/accounts', { handle: 'ENOUGH', password });
    expect(taken).toMatchObject({ status: 409, body: { code: 'handle-taken' } });
    const common = await other.call('POST', '/accounts', { handle: 'easy', password: 'password123' });
    expect(common).toMatchObject({ status: 422, body: { code: 'password-too-common' } });
    expect((await other.call('POST', '/accounts', { handle: 'short', password: '1234567' })).status).toBe(
      422,
    );
  });

  test('no answer of the API holds a password, its hash or the token of a cookie', async () => {
    const browser = await house.visit('no-secrets');
    const shown = JSON.stringify((await browser.call('GET', '/me')).body);
    const token = browser.cookie.split('=')[1] ?? 'none';
    for (const secret of ['argon2', password, token, 'Hash']) expect(shown).not.toContain(secret);
  });
});
