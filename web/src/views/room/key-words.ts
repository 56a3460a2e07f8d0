import { m } from '../../paraglide/messages.js';

/** The room's keys, as `?` lists them. */
export const keyWords = [
  { key: 'C', words: m.key_claim() },
  { key: 'B', words: m.key_buy() },
  { key: 'T', words: m.key_write() },
  { key: 'D', words: m.key_danmaku() },
  { key: 'M', words: m.key_mute() },
  { key: 'F', words: m.key_full() },
  { key: 'P', words: m.key_pip() },
  { key: 'L', words: m.key_like() },
  { key: 'W', words: m.key_coupons() },
  { key: 'G', words: m.key_cart() },
  { key: '?', words: m.key_help() },
];
