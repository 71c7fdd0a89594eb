// Copy the files of files.json out of node_modules, byte for byte, and note their SHA-256:
// the tests compare what is committed with it on machines that have no node_modules.

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LIST = 'files.json';
const ROOT = join('..', '..', '..');

const files = JSON.parse(readFileSync(LIST, 'utf8'));
for (const [target, file] of Object.entries(files)) {
  const source = join('node_modules', file.from);
  mkdirSync(dirname(join(ROOT, target)), { recursive: true });
  copyFileSync(source, join(ROOT, target));
  file.sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
}
writeFileSync(LIST, `${JSON.stringify(files, null, 2)}\n`);
