import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{R as a}from"./chunk-Y7LHLFZE.mjs";import"./chunk-YHHUCOH7.mjs";import"./chunk-7S6NVWC3.mjs";import"./chunk-M5ZQQKJF.mjs";import"./chunk-CQ76BU5B.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-6YQYNUDC.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
