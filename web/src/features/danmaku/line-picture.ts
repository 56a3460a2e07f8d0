import type { ShownLine } from './danmaku.svelte.ts';

const fontFamily =
  'Inter, ui-sans-serif, system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const colours = { staff: '#D4F53C', order: '#6FDDA8', own: '#D4F53C', plate: 'rgb(11 13 14 / .78)' };

/** Draws a line once, as it flies: viewers' words with a dark halo, the own in an outline, staff and orders on glass. */
export function drawLine(
  line: ShownLine,
  { size, pixelRatio }: { size: number; pixelRatio: number },
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const isPlate = line.kind !== 'viewer';
  const fontSize = (isPlate ? 16 : 20) * size;
  const height = 32 * size;
  const padding = isPlate || line.isOwn ? 12 * size : 3;
  const text = line.kind === 'staff' && line.handle ? `${line.handle} · ${line.text}` : line.text;
  const font = `600 ${fontSize}px ${fontFamily}`;
  context.font = font;
  const width = Math.ceil(context.measureText(text).width + 2 * padding);
  canvas.width = width * pixelRatio;
  canvas.height = height * pixelRatio;
  context.scale(pixelRatio, pixelRatio);
  context.font = font;
  context.textBaseline = 'middle';
  if (isPlate || line.isOwn) {
    context.beginPath();
    context.roundRect(1, 1, width - 2, height - 2, height / 2);
    if (isPlate) {
      context.fillStyle = colours.plate;
      context.fill();
    } else {
      context.strokeStyle = colours.own;
      context.lineWidth = 1.5;
      context.stroke();
    }
  }
  if (!isPlate) {
    context.shadowColor = 'rgb(0 0 0 / .9)';
    context.shadowBlur = 3;
    context.shadowOffsetY = 1;
  }
  context.fillStyle = line.kind === 'staff' ? colours.staff : line.kind === 'order' ? colours.order : '#fff';
  context.fillText(text, padding, height / 2 + 1);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return canvas;
}
