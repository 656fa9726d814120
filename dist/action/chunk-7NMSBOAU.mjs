import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-M75ZVQPE.mjs";import"./chunk-T2OIX2N4.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-2CF7S5Z2.mjs";import"./chunk-ZRXG3DKM.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
