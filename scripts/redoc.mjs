// Puts Redoc's bundle, which is served as it is, into the built server, its licenses before it: what it is made of is no dependency at run time.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const redoc = new URL('../node_modules/redoc/', import.meta.url);
const read = (name) => readFileSync(new URL(name, redoc), 'utf8');
const target = new URL('../dist/http/redoc/', import.meta.url);
mkdirSync(target, { recursive: true });
const license = `/*!\n${read('LICENSE').replaceAll('*/', '* /')}\n*/\n`;
// Comments, as they are.
const ofParts = read('bundles/redoc.standalone.js.LICENSE.txt');
writeFileSync(new URL('redoc.standalone.js', target), `${license}${ofParts}\n${read('bundles/redoc.standalone.js')}`);
