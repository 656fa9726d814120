import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{R as a}from"./chunk-VFGZDVWQ.mjs";import"./chunk-YHHUCOH7.mjs";import"./chunk-7S6NVWC3.mjs";import"./chunk-S4OMULWO.mjs";import"./chunk-HFTQOE6S.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-T6OJDNVM.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
