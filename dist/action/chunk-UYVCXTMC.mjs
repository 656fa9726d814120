import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b,c}from"./chunk-HX2U6TPX.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-ZRXG3DKM.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
