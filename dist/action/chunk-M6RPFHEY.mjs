import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{D as a}from"./chunk-3ZEPD2GJ.mjs";import"./chunk-MGA5TE6O.mjs";import"./chunk-HQXCA34D.mjs";import"./chunk-HPEAJZ3V.mjs";import"./chunk-EEJLSBJI.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-WKHCWJVA.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
