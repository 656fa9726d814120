import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{C as a}from"./chunk-6C4BY4KK.mjs";import"./chunk-GGQKOR7B.mjs";import"./chunk-3TWI5AOM.mjs";import"./chunk-HPEAJZ3V.mjs";import"./chunk-XYPJDJ74.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-E7C5HGIS.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
