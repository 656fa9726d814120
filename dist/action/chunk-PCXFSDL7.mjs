import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{R as a}from"./chunk-SQUDJI33.mjs";import"./chunk-YHHUCOH7.mjs";import"./chunk-7S6NVWC3.mjs";import"./chunk-2PD4ADMW.mjs";import"./chunk-HFTQOE6S.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-NYSXVKSO.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
