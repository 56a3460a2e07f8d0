import { foldHandle } from './handle.ts';

const common = new Set(
  (
    '12345678 123456789 1234567890 12345678910 87654321 11111111 00000000 88888888 66666666 123123123 ' +
    '147258369 987654321 password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword ' +
    'qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx zaq12wsx asdfghjkl ' +
    'asdfasdf zxcvbnm123 abcd1234 abc12345 abcdefgh a1234567 a12345678 aa123456 iloveyou iloveyou1 ' +
    'woaini1314 woaini520 5201314520 sunshine princess football baseball superman trustno1 starwars ' +
    'michelle jennifer computer internet letmein1 letmein123 welcome1 welcome123 admin123 administrator ' +
    'changeme changeme1 test1234 testtest dropcast dropcast1'
  ).split(' '),
);

/** Whether a password is among the first that anybody would try: well known, one character only, or the handle. */
export function isTooCommon(password: string, handle: string): boolean {
  const folded = password.toLowerCase();
  if (common.has(folded) || new Set(folded).size < 3) return true;
  const name = foldHandle(handle);
  return name.length >= 4 && folded.replace(name, '').length < 4;
}
