// Files written by Python's libraries, and what these libraries read from them, for every depth, band count and format.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { openPicture } from '../../../../shared/datasets/pictures/open-picture.js';
import { makeTempFolder } from '../../../helpers/temp-folder.js';
import { skipWithReason } from '../../../helpers/test-data.js';

const run = promisify(execFile);

/** Writes files to a folder and prints, for each, the numbers that the library which wrote it reads. */
const SCRIPT = `
import json, sys, os
import numpy as np
folder = sys.argv[1]
rng = np.random.default_rng(7)
said = {}
def say(name, read):
    array = np.asarray(read)
    said[name] = {'shape': list(array.shape), 'numbers': [float(v) for v in array.reshape(-1)]}
def at(name): return os.path.join(folder, name)
def noise(shape, kind):
    if np.dtype(kind).kind == 'f': return rng.normal(0, 100, shape).astype(kind)
    info = np.iinfo(kind)
    return rng.integers(info.min, info.max, shape, dtype=kind, endpoint=True)
try:
    import tifffile
    for kind in ('u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'f4', 'f8'):
        for bands in (1, 3, 4, 6):
            for options in ({}, {'compression': 'zlib', 'predictor': kind[0] != 'f'}, {'byteorder': '>'}, {'tile': (16, 16)}, {'planarconfig': 'separate'}, {'bigtiff': True}):
                if bands == 1 and 'planarconfig' in options: continue
                array = noise((9, 11, bands) if bands > 1 else (9, 11), kind)
                stored = np.moveaxis(array, -1, 0) if options.get('planarconfig') == 'separate' else array
                name = f'{kind}-{bands}-{"-".join(options) or "plain"}.tif'
                config = {'planarconfig': 'contig'} if bands > 1 and 'planarconfig' not in options else {}
                tifffile.imwrite(at(name), stored, photometric='minisblack', metadata=None, **{**config, **options})
                say(name, array)
except ImportError as error: said['no tifffile'] = str(error)
try:
    from PIL import Image
    rgb = noise((9, 11, 3), 'u1')
    for kind in ('bmp', 'tga', 'ppm', 'png', 'tif'):
        Image.fromarray(rgb).save(at('rgb.' + kind))
        say('rgb.' + kind, rgb)
    for kind in ('bmp', 'tga', 'pgm', 'png', 'tif'):
        Image.fromarray(rgb[..., 0]).save(at('grey.' + kind))
        say('grey.' + kind, rgb[..., 0])
    Image.fromarray(rgb).save(at('rle.tga'), compression='tga_rle')
    say('rle.tga', rgb)
    Image.fromarray(rgb).quantize(16).save(at('palette.bmp'))
    say('palette.bmp', Image.open(at('palette.bmp')).convert('RGB'))
    deep = noise((9, 11), 'u2')
    for kind in ('png', 'tif', 'pgm'):
        Image.fromarray(deep).save(at('deep.' + kind))
        say('deep.' + kind, deep)
except ImportError as error: said['no PIL'] = str(error)
try:
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, DeflatedExplicitVRLittleEndian, generate_uid
    for label, syntax in (('explicit', ExplicitVRLittleEndian), ('implicit', ImplicitVRLittleEndian), ('deflated', DeflatedExplicitVRLittleEndian), ('rle', RLELossless)):
        for kind in ('u2', 'i2', 'u1'):
            meta = FileMetaDataset()
            meta.TransferSyntaxUID = ExplicitVRLittleEndian if label == 'rle' else syntax
            meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
            image = FileDataset('', {}, file_meta=meta, preamble=b'\\0' * 128)
            image.SOPClassUID, image.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
            array = noise((2, 9, 11), kind)
            image.Rows, image.Columns, image.NumberOfFrames, image.SamplesPerPixel, image.PhotometricInterpretation = 9, 11, 2, 1, 'MONOCHROME2'
            bits = 8 * array.itemsize
            image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = bits, bits, bits - 1, int(kind == 'i2')
            image.PixelData = array.tobytes() + b'\\0' * (array.nbytes % 2)
            image['PixelData'].VR = 'OW' if bits > 8 else 'OB'
            name = f'{label}-{kind}.dcm'
            if label == 'rle': image.compress(RLELossless)
            image.save_as(at(name), enforce_file_format=True)
            say(name, pydicom.dcmread(at(name)).pixel_array)
except ImportError as error: said['no pydicom'] = str(error)
print(json.dumps(said))
`;

interface Said {
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
}

test('pictures written by tifffile, Pillow and pydicom have the numbers that these read', async (t) => {
  t.timeout(120_000);
  const folder = await makeTempFolder(t);
  const output = await run('python3', ['-c', SCRIPT, folder], { maxBuffer: 2 ** 26 }).catch((error: Error) => error);
  if (output instanceof Error) return skipWithReason(t, `Python with numpy is not here: ${output.message.trim().split('\n').at(-1)}`);
  const said = JSON.parse(output.stdout) as Record<string, Said | string>;
  let numCompared = 0;
  for (const [name, expected] of Object.entries(said)) {
    if (typeof expected === 'string') {
      t.log(`${name}: ${expected}`);
      continue;
    }
    const picture = await openPicture(join(folder, name));
    const rasters = await picture.readRasters();
    const numbers = rasters.flatMap(({ samplesHWS }) => [...samplesHWS]);
    const repeated = numbers.length === 3 * expected.numbers.length ? numbers.filter((_, i) => i % 3 === 0) : numbers;
    t.deepEqual(repeated, [...expected.numbers], name);
    numCompared += 1;
  }
  t.log(`${numCompared} files compared`);
  if (numCompared === 0) skipWithReason(t, 'none of tifffile, Pillow and pydicom is here');
});
