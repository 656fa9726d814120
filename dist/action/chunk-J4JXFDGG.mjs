import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{R as a}from"./chunk-2JCRCMZS.mjs";import"./chunk-YHHUCOH7.mjs";import"./chunk-IBF5VXMF.mjs";import"./chunk-P7CN2F6K.mjs";import"./chunk-CQ76BU5B.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-OQQ5O7GN.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
