import sharp from 'sharp';

// The catalogue refuses drawings from outside, for the whole process; these are our own.
sharp.unblock({ operation: ['VipsForeignLoadSvg', 'VipsForeignLoadSvgFile', 'VipsForeignLoadSvgBuffer'] });

/** One of the demo's drawings as a PNG of this size, cut to fill it. */
export function renderPicture(name: string, width: number, height: number): Promise<Buffer> {
  const source = new URL(`./pictures/${name}.svg`, import.meta.url).pathname;
  return sharp(source, { density: 200 })
    .resize(Math.round(width), Math.round(height), { fit: 'cover' })
    .png()
    .toBuffer();
}
