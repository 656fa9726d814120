import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b}from"./chunk-XY3JVD6R.mjs";import"./chunk-56D6KVQU.mjs";import"./chunk-6WF5NZGS.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createLocalTokenSource,b as mintLocalToken};
