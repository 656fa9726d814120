import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b}from"./chunk-OFXX23MZ.mjs";import"./chunk-BQCX22WU.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createLocalTokenSource,b as mintLocalToken};
