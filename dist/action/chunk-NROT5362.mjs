import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-RVJIQ6GK.mjs";import"./chunk-ZCQE3KXU.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-T5BETAVS.mjs";import"./chunk-X66NSDZ7.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
