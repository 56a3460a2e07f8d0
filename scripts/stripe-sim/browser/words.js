const en = {
  number: 'Card number',
  expiry: 'Expiry date, month and year',
  expiryHint: 'MM / YY',
  cvc: 'Security code (CVC)',
  cvcHint: 'CVC',
  fields: 'Card',
  testMoney: 'Test money',
  testNote: 'Nothing is charged. Choose a test card:',
  pays: 'Pays',
  declined: 'Declined',
  noFunds: 'No funds',
  secure: '3-D Secure',
  late: 'Pays late',
  numberWrong: 'Your card number is incomplete or incorrect.',
  expiryWrong: "Your card's expiry date is incomplete or past.",
  cvcWrong: "Your card's security code is incomplete.",
  unreachable: 'We could not reach the payment service. Try again.',
  bankTitle: 'Is this payment yours?',
  bankCard: 'Test bank',
  complete: 'Complete',
  fail: 'Fail',
  vendorTitle: 'Set up payouts',
  vendorText:
    'This is the test payment service. It asks for nothing: one press completes the account, and test payouts can begin.',
  finish: 'Finish',
};

/** @type {typeof en} */
const zh = {
  number: '卡号',
  expiry: '有效期(月和年)',
  expiryHint: '月 / 年',
  cvc: '安全码 (CVC)',
  cvcHint: 'CVC',
  fields: '银行卡',
  testMoney: '测试资金',
  testNote: '不会真实扣款。选择一张测试卡:',
  pays: '支付成功',
  declined: '被拒绝',
  noFunds: '余额不足',
  secure: '3-D 验证',
  late: '延迟到账',
  numberWrong: '卡号不完整或不正确。',
  expiryWrong: '有效期不完整或已过期。',
  cvcWrong: '安全码不完整。',
  unreachable: '无法连接支付服务,请重试。',
  bankTitle: '这笔付款是您本人的吗?',
  bankCard: '测试银行',
  complete: '通过',
  fail: '失败',
  vendorTitle: '设置收款',
  vendorText: '这是测试支付服务,无需填写任何资料:按一下即可完成账户设置,开始接收测试结算。',
  finish: '完成',
};

/** The words of a language, English where it is neither. @param {string} locale */
export const wordsFor = (locale) => (locale.toLowerCase().startsWith('zh') ? zh : en);

/** Puts words into every element that names one, and tells the page its language. @param {string} locale */
export const speak = (locale) => {
  const words = wordsFor(locale);
  document.documentElement.lang = words === zh ? 'zh-CN' : 'en';
  for (const element of document.querySelectorAll('[data-word]')) {
    const name = /** @type {HTMLElement} */ (element).dataset.word ?? '';
    if (name in words) element.textContent = words[/** @type {keyof typeof en} */ (name)];
  }
  for (const element of document.querySelectorAll('[data-hint]')) {
    const name = /** @type {HTMLElement} */ (element).dataset.hint ?? '';
    if (name in words) element.setAttribute('placeholder', words[/** @type {keyof typeof en} */ (name)]);
  }
  return words;
};
