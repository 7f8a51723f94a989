"""Lists in the forms that other tools read: CSV, XLSX, NDJSON, GeoJSON and Parquet, streamed from one snapshot."""
