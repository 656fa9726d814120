import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{k as a,l as b,m as c}from"./chunk-NZSSPPQX.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-GYAVK23J.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
