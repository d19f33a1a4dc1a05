// What ffmpeg and ffprobe may do with a file that nobody vouches for. Leaves out limits of time and size.

// Containers of moving pictures. No playlists (hls, dash, concat, image2): they open other files and addresses.
const CONTAINERS = [
  'asf', 'avi', 'dv', 'flv', 'h264', 'hevc', 'ivf', 'live_flv', 'm4v', 'matroska', 'mov', 'mp4', 'mpeg', 'mpegts',
  'mpegvideo', 'mxf', 'nut', 'ogg', 'rm', 'webm',
];

/** Options to put before an input: local files of known containers only, no key press, nothing but errors on stderr. */
export const SAFE_INPUT_OPTIONS: readonly string[] = [
  '-protocol_whitelist', 'file,pipe',
  '-format_whitelist', CONTAINERS.join(','),
];

/**
 * The first line that ffmpeg said (what follows are mostly consequences), the same in every run: without addresses of memory
 * and without the folder that `path` lies in.
 */
export function firstMessage(stderr: string, path: string): string {
  const line = stderr.split('\n').find((text) => text.trim() !== '') ?? '';
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return line.replaceAll(`file:${folder}`, '').replace(/ @ 0x[0-9a-f]+/g, '').trim().slice(0, 300);
}
