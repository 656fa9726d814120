import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b,c}from"./chunk-O6WDI3NC.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-5RDIDLEM.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
