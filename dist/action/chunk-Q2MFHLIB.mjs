import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{R as a}from"./chunk-SCHGH6GZ.mjs";import"./chunk-YHHUCOH7.mjs";import"./chunk-FTHAOIWS.mjs";import"./chunk-2PNKBHGT.mjs";import"./chunk-CQ76BU5B.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-XLBYASLS.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
