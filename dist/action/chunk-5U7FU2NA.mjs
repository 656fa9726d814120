import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{y as a}from"./chunk-VWEBZAPE.mjs";import"./chunk-CL6V2SGZ.mjs";import"./chunk-3TWI5AOM.mjs";import"./chunk-HPEAJZ3V.mjs";import"./chunk-ZTIEX5ET.mjs";import"./chunk-FNYQPGVI.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-GYAVK23J.mjs";import"./chunk-PDQV4PLA.mjs";export{a as createClient};
