// TIFFs of any depth and any number of bands, by geotiff: where libvips would guess which band is transparency, or how bright a fraction is.

import type { GeoTIFFImage } from 'geotiff';
import { messageOf, PretextError } from '../../errors/pretext-error.js';
import { fail, throwOnSize, type PictureInfo, type PictureReader, type Raster, type Samples, type SampleType } from './raster.js';

const WHITE_IS_ZERO = 0;
/** Values of ExtraSamples that mean opacity. */
const OPACITIES: readonly number[] = [1, 2];

interface Header extends PictureInfo {
  readonly orientation: number;
  /** Numbers of a pixel in the order in which they are wanted: bands first. */
  readonly order: readonly number[];
  readonly hasOpacity: boolean;
  readonly isInverted: boolean;
  readonly bits: number;
}

/** Opens the first picture of a file for as long as `use` takes. */
async function withImage<Value>(path: string, use: (image: GeoTIFFImage) => Promise<Value>): Promise<Value> {
  // Loaded for who has such files.
  const { fromFile } = await import('geotiff');
  const file = await fromFile(path).catch(blame);
  try {
    return await use(await file.getImage());
  } catch (error) {
    return blame(error);
  } finally {
    await file.close();
  }
}

/** What the library throws is the file's fault, what the system throws is for the caller to judge. */
function blame(error: unknown): never {
  if (error instanceof PretextError || (error as NodeJS.ErrnoException).code !== undefined) throw error;
  return fail(messageOf(error));
}

function typeOf(format: number, bits: number): SampleType {
  if (format === 3) return bits === 64 ? 'float64' : 'float32';
  if ((format !== 1 && format !== 2) || bits > 32) fail(`numbers of ${bits} bits and sample format ${format} inside TIFF are not supported`);
  const size = bits <= 8 ? 8 : bits <= 16 ? 16 : 32;
  return `${format === 2 ? 'int' : 'uint'}${size}`;
}

async function readHeader(image: GeoTIFFImage): Promise<Header> {
  const tag = async (name: 'ExtraSamples' | 'Orientation' | 'PhotometricInterpretation'): Promise<number[]> => {
    const value = await image.fileDirectory.loadValue(name) as number | ArrayLike<number> | undefined;
    return value === undefined ? [] : typeof value === 'number' ? [value] : Array.from(value);
  };
  const [stored, perPixel] = [{ width: image.getWidth(), height: image.getHeight() }, image.getSamplesPerPixel()];
  throwOnSize(stored.width, stored.height, perPixel);
  const extras = await tag('ExtraSamples');
  const opacity = extras.findIndex((extra) => OPACITIES.includes(extra));
  const opacityAt = opacity < 0 ? undefined : perPixel - extras.length + opacity;
  const bands = Array.from({ length: perPixel }, (_, i) => i).filter((i) => i !== opacityAt);
  const orientation = (await tag('Orientation'))[0] ?? 1;
  const [width, height] = orientation > 4 ? [stored.height, stored.width] : [stored.width, stored.height];
  const bits = image.getBitsPerSample(0);
  return {
    width, height, orientation, bits, bands: bands.length, type: typeOf(image.getSampleFormat(0), bits),
    order: opacityAt === undefined ? bands : [...bands, opacityAt], hasOpacity: opacityAt !== undefined,
    isInverted: (await tag('PhotometricInterpretation'))[0] === WHITE_IS_ZERO,
  };
}

async function readRaster(image: GeoTIFFImage): Promise<Raster> {
  const { order, hasOpacity, bands, type, bits, orientation, isInverted } = await readHeader(image);
  const samplesHWS = await image.readRasters({ interleave: true, samples: [...order] }) as unknown as Samples;
  const noData = image.getGDALNoData();
  const most = 2 ** bits - 1;
  return {
    samplesHWS, width: image.getWidth(), height: image.getHeight(), bands, type, orientation, isInverted,
    ...(hasOpacity && { opaque: type.startsWith('float') ? 1 : most }),
    // 12 bits in a file of 12 bits are white at 4095.
    ...(type.startsWith('uint') && bits % 8 !== 0 && { limits: [0, most] as const }),
    ...(noData !== null && { noData }),
  };
}

export const tiff: PictureReader = {
  describe: (path) => withImage(path, async (image) => {
    const { width, height, bands, type } = await readHeader(image);
    return { width, height, bands, type };
  }),
  read: (path) => withImage(path, async (image) => [await readRaster(image)]),
};
