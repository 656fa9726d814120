import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b}from"./chunk-Z3XETM53.mjs";import"./chunk-ZPXWLBSJ.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createLocalTokenSource,b as mintLocalToken};
