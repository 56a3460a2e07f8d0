import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { sendProblem } from './problem.ts';

const stripe = ['https://js.stripe.com', 'https://*.js.stripe.com'];

/**
 * Headers of every page and answer. With the simulator its script and frame are served same-origin, so no foreign
 * source is named; HSTS and the upgrade directive only where the public address is https.
 */
export function securityHeaders({
  isHttps,
  hasSimulator,
}: {
  isHttps: boolean;
  hasSimulator: boolean;
}): RequestHandler {
  const outside = hasSimulator ? [] : stripe;
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", ...outside],
        frameSrc: ["'self'", ...outside, ...(hasSimulator ? [] : ['https://hooks.stripe.com'])],
        connectSrc: ["'self'", ...(hasSimulator ? [] : ['https://api.stripe.com'])],
        styleSrc: ["'self'"],
        // Widths of bars and rings are style attributes.
        styleSrcAttr: ["'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'", 'blob:'],
        fontSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(isHttps ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: isHttps ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    crossOriginEmbedderPolicy: false,
  });
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses unsafe requests that another site may have caused (OWASP: fetch metadata, with the Origin where a browser
 * sends none, and a custom header that no plain form or cross-site fetch carries).
 */
export function refuseCrossSite(isOwnOrigin: (origin: string | undefined) => boolean): RequestHandler {
  return (request, response, next) => {
    if (safe.has(request.method)) return next();
    const site = request.headers['sec-fetch-site'];
    const isOurs =
      site === undefined ? isOwnOrigin(request.headers.origin) : site === 'same-origin' || site === 'none';
    if (isOurs && request.headers['x-dropcast'] !== undefined) return next();
    sendProblem(response, 'cross-site');
  };
}

/**
 * Which Origins are ours: the public address, and for an address of this machine its other spellings.
 * `publicUrl` is a function because a free port is known only after listening.
 */
export function ownOrigin(publicUrl: () => string): (origin: string | undefined) => boolean {
  return (origin) => {
    if (origin === undefined) return false;
    const own = new URL(publicUrl());
    if (origin === own.origin) return true;
    const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(own.hostname);
    if (!isLocal || !URL.canParse(origin)) return false;
    const other = new URL(origin);
    return (
      other.protocol === own.protocol &&
      other.port === own.port &&
      ['localhost', '127.0.0.1', '[::1]'].includes(other.hostname)
    );
  };
}
