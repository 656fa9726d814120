import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-E3M2JVCD.mjs";import"./chunk-BY2SSW2K.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-QZ2R47GW.mjs";import"./chunk-3PLENMRY.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
