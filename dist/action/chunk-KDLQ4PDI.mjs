import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b}from"./chunk-VNVOPLQT.mjs";import"./chunk-WGFCTWGK.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createLocalTokenSource,b as mintLocalToken};
