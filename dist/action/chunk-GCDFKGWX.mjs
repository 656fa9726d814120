import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{C as a}from"./chunk-ABRBUV4K.mjs";import"./chunk-PFSB7OJ7.mjs";import"./chunk-3TWI5AOM.mjs";import"./chunk-HPEAJZ3V.mjs";import"./chunk-Z7CDW3RP.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-E7C5HGIS.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
