import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{D as a}from"./chunk-KWQ4L3RA.mjs";import"./chunk-MGA5TE6O.mjs";import"./chunk-3TWI5AOM.mjs";import"./chunk-HPEAJZ3V.mjs";import"./chunk-M3YJPBP5.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-E7C5HGIS.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
