import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{l as a,m as b,n as c}from"./chunk-VW7W6MKT.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-E7C5HGIS.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
