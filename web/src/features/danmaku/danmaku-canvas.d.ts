// The package types its whole build only; this is its smaller half, the canvas.
declare module 'danmaku/dist/esm/danmaku.canvas.js' {
  export { default } from 'danmaku';
}
